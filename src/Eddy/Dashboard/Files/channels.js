import { $, el, setText, KeyedList } from './dom.js';
import { sat, msat, percent, compact, count } from './format.js';
import { get } from './api.js';
import { state, on } from './state.js';
import { ringRow } from './rings.js';

// How far outside its band, as a share: positive with too much on our side.
export function off(channel) {
  const distance = channel.local - channel.target;
  return Math.abs(distance) <= channel.deadband ? 0 : distance > 0 ? distance - channel.deadband : distance + channel.deadband;
}

function wants(channel) {
  const words = [];
  if (channel.excluded) {
    return ['kept out by the configuration'];
  }
  if (channel.reserved_out_msat > 0) {
    words.push(`sending ${msat(channel.reserved_out_msat)} now`);
  }
  if (channel.reserved_in_msat > 0) {
    words.push(`receiving ${msat(channel.reserved_in_msat)} now`);
  }
  if (channel.want_out_sat > 0) {
    words.push(`wants to send ${sat(channel.want_out_sat)}`);
  } else if (channel.may_out_sat > 0) {
    words.push(`would send ${sat(channel.may_out_sat)}`);
  }
  if (channel.want_in_sat > 0) {
    words.push(`wants to receive ${sat(channel.want_in_sat)}`);
  } else if (channel.may_in_sat > 0) {
    words.push(`would receive ${sat(channel.may_in_sat)}`);
  }
  return words.length > 0 ? words : [channel.peer_is_eddy ? 'offers nothing' : 'the peer does not run eddy'];
}

function make(channel) {
  const id = `why-${channel.scid}`;
  const button = el('button', { type: 'button', class: 'open', 'aria-expanded': 'false', 'aria-controls': id }, 'Why?');
  const more = el('div', { class: 'more', id, hidden: true });
  const item = el('li', {},
    el('div', { class: 'channel' },
      el('div', { class: 'who' }, el('b'), el('span', { class: 'small mono' })),
      el('div', { class: 'balance' },
        el('div', { class: 'meter', role: 'img' }, el('i', { class: 'fill' }), el('i', { class: 'band' }), el('i', { class: 'aim' })),
        el('div', { class: 'ends' }, el('span'), el('span'), el('span'))),
      el('div', { class: 'wants small' }),
      el('div', { class: 'moved small' }),
      button),
    more);
  button.addEventListener('click', () => toggle(item, button, more));
  return item;
}

function update(item, channel) {
  const row = item.firstElementChild;
  item.dataset.scid = channel.scid;
  setText(row.querySelector('.who b'), channel.alias || channel.peer.slice(0, 16) + '…');
  setText(row.querySelector('.who span'), `${channel.scid}${channel.private ? ' · private' : ''}${channel.active ? '' : ' · inactive'}`);
  const distance = off(channel);
  const state = distance > 0 ? `${percent(distance)} above its band` : distance < 0 ? `${percent(-distance)} below its band` : 'in its band';
  const meter = row.querySelector('.meter');
  meter.className = `meter ${distance > 0 ? 'high' : distance < 0 ? 'low' : ''}`;
  meter.setAttribute('aria-label', `${percent(channel.local)} of ${sat(channel.capacity_sat)} sat is ours; target ${percent(channel.target)}, band ${percent(channel.deadband)} to each side: ${state}`);
  const [fill, band, aim] = meter.children;
  const low = Math.max(0, channel.target - channel.deadband);
  fill.style.width = `${channel.local * 100}%`;
  band.style.left = `${low * 100}%`;
  band.style.width = `${(Math.min(1, channel.target + channel.deadband) - low) * 100}%`;
  aim.style.left = `${channel.target * 100}%`;
  const [ours, middle, theirs] = row.querySelector('.ends').children;
  setText(ours, `${compact(channel.local_msat / 1000)} ours`);
  setText(middle, state);
  middle.className = distance > 0 ? 'off-high' : distance < 0 ? 'off-low' : '';
  setText(theirs, `${compact(channel.remote_msat / 1000)} theirs`);
  setText(row.querySelector('.wants'), wants(channel).join(', '));
  const moved = [channel.moved_out_msat > 0 ? `out ${compact(channel.moved_out_msat / 1000)}` : null, channel.moved_in_msat > 0 ? `in ${compact(channel.moved_in_msat / 1000)}` : null].filter(Boolean);
  setText(row.querySelector('.moved'), moved.length > 0 ? `moved ${moved.join(', ')}` : 'nothing moved yet');
  row.querySelector('.open').setAttribute('aria-label', `Why? ${channel.alias || channel.peer.slice(0, 16)}, ${channel.scid}`);
}

async function toggle(item, button, more) {
  const opens = more.hidden;
  more.hidden = !opens;
  button.setAttribute('aria-expanded', String(opens));
  if (!opens) {
    return;
  }
  more.replaceChildren(el('p', { class: 'quiet' }, 'Asking…'));
  try {
    const why = await get(`why/${encodeURIComponent(item.dataset.scid)}`);
    more.replaceChildren(
      why.reasons.length > 0 ? reasonList(why.reasons) : el('p', {}, 'Nothing stands in its way: a ring may come at any time.'),
      ...(why.rings.length > 0 ? [el('h3', {}, 'What was done for it'), el('ul', { class: 'rings compact' }, ...why.rings.slice(0, 5).map((ring) => ringRow(ring)))] : []));
  } catch (error) {
    more.replaceChildren(el('p', { class: 'off-high' }, `Could not ask: ${error.message}`));
  }
}

export function reasonList(reasons) {
  return el('ul', { class: 'reasons' }, ...reasons.map(reasonItem));
}

export function reasonItem(reason) {
  return el('li', {}, el('p', {}, reason.what), reason.advice ? el('p', {}, reason.advice) : null);
}

const orders = {
  off: (a, b) => Math.abs(off(b)) - Math.abs(off(a)) || (a.scid < b.scid ? -1 : 1),
  alias: (a, b) => (a.alias || a.peer).localeCompare(b.alias || b.peer),
  capacity: (a, b) => b.capacity_sat - a.capacity_sat,
  moved: (a, b) => b.moved_out_msat + b.moved_in_msat - a.moved_out_msat - a.moved_in_msat,
};

export function start() {
  const list = new KeyedList($('channel-list'), make, update);
  const show = () => {
    const text = $('channel-filter').value.trim().toLowerCase();
    const onlyOff = $('channel-off').checked;
    const all = [...state.channels.values()];
    const shown = all.filter((channel) => (!onlyOff || off(channel) !== 0)
      && (text === '' || channel.alias.toLowerCase().includes(text) || channel.scid.includes(text) || channel.peer.startsWith(text)));
    shown.sort(orders[$('channel-order').value]);
    list.show(shown, (channel) => channel.scid);
    const outside = all.filter((channel) => off(channel) !== 0).length;
    setText($('channels-line'), all.length === 0 ? '' : `${shown.length === all.length ? '' : `${shown.length} of `}${count(all.length, 'channel')}, ${outside} out of band`);
    $('channels-empty').hidden = shown.length > 0;
    setText($('channels-empty'), all.length === 0 ? 'This node has no open channels.' : 'No channel is like that.');
  };
  on(['channels'], show);
  $('channel-filter').addEventListener('input', show);
  $('channel-off').addEventListener('change', show);
  $('channel-order').addEventListener('change', show);
}
