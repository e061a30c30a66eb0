import { $, el, setText, KeyedList } from './dom.js';
import { sat, msat, span, ago, moment, clock, count, outcomes, outcomeStyle } from './format.js';
import { get, post } from './api.js';
import { state, on, ringsByTime, nameOf, isSelf } from './state.js';

function hops(ring) {
  const line = [];
  ring.hops.forEach((hop, i) => {
    const fault = ring.failure_position === hop.position && ring.final && ring.outcome !== 'settled';
    line.push(el('span', { class: isSelf(hop.node) ? 'self' : fault ? 'fault' : null, title: hop.node }, nameOf(hop.node)));
    line.push(el('i', { 'aria-hidden': 'true' }, i === ring.hops.length - 1 ? '↩' : '→'));
  });
  return line;
}

function took(ring) {
  return ring.ended_at ? span(new Date(ring.ended_at) - new Date(ring.started_at)) : null;
}

// Without a button to open it, for lists inside of others.
export function ringRow(ring) {
  const item = makeRow(ring, false);
  updateRow(item, ring);
  return item;
}

function makeRow(ring, opens = true) {
  const row = el('div', { class: 'ring' }, el('span', { class: 'chip' }), el('span', { class: 'amount' }), el('div', { class: 'hops' }), el('time'));
  const item = el('li', {}, row);
  if (opens) {
    const id = `ring-${ring.id}`;
    const button = el('button', { type: 'button', class: 'open', 'aria-expanded': 'false', 'aria-controls': id }, 'Story');
    const more = el('div', { class: 'more', id, hidden: true });
    row.append(button);
    item.append(more);
    button.addEventListener('click', () => toggle(item, button, more));
  }
  row.append(el('p', { class: 'cause', hidden: true }));
  return item;
}

function updateRow(item, ring) {
  const row = item.firstElementChild;
  item.dataset.id = ring.id;
  const chip = row.querySelector('.chip');
  chip.className = `chip ${outcomeStyle[ring.outcome] ?? ''}`;
  setText(chip, outcomes[ring.outcome] ?? ring.outcome);
  setText(row.querySelector('.amount'), `${sat(ring.amount_sat)} sat`);
  row.querySelector('.hops').replaceChildren(...hops(ring));
  const time = row.querySelector('time');
  time.dateTime = ring.started_at;
  time.title = moment(ring.started_at);
  setText(time, took(ring) ? `${ago(ring.started_at)} · ${took(ring)}` : ago(ring.started_at));
  const cause = row.querySelector('.cause');
  cause.hidden = !ring.reason || ring.outcome === 'settled';
  setText(cause, ring.reason);
  row.querySelector('.open')?.setAttribute('aria-label', `Story of the ring of ${sat(ring.amount_sat)} sat, ${outcomes[ring.outcome]}, ${moment(ring.started_at)}`);
  const more = item.querySelector('.more');
  if (more && !more.hidden && ring.story.length > 0) {
    tell(more, ring);
  }
}

async function toggle(item, button, more) {
  const opens = more.hidden;
  more.hidden = !opens;
  button.setAttribute('aria-expanded', String(opens));
  if (!opens) {
    return;
  }
  const known = state.rings.get(item.dataset.id);
  if (known?.story.length > 0) {
    tell(more, known);
    return;
  }
  more.replaceChildren(el('p', { class: 'quiet' }, 'Asking…'));
  try {
    tell(more, await get(`rings/${item.dataset.id}`));
  } catch (error) {
    more.replaceChildren(el('p', { class: 'off-high' }, `Could not ask: ${error.message}`));
  }
}

function tell(more, ring) {
  const times = ring.story.map((line) => new Date(line.at).getTime());
  const ends = times.map((_, i) => (i + 1 < times.length ? times[i + 1] : ring.ended_at ? Math.max(times[i], new Date(ring.ended_at).getTime()) : times[i]));
  const whole = Math.max(1, ends[ends.length - 1] - times[0]);
  const phases = el('div', { class: 'phases', 'aria-hidden': 'true' });
  times.slice(0, -1).forEach((time, i) => {
    const part = el('i', { title: `${ring.story[i].what} ${span(ends[i] - time)}` });
    part.style.flexGrow = String(Math.max(0.01, (ends[i] - time) / whole));
    phases.append(part);
  });
  const cancel = ring.final || ring.role !== 'initiator' ? null : el('button', { type: 'button' }, 'Cancel this ring');
  const answer = el('p', { class: 'quiet', role: 'status' });
  cancel?.addEventListener('click', async () => {
    try {
      setText(answer, (await post(`rings/${ring.id}/cancel`)).message);
    } catch (error) {
      setText(answer, error.message);
    }
  });
  const facts = [
    ['Ring', ring.id.slice(0, 16)],
    ['This node', ring.role === 'initiator' ? 'proposed it and paid' : 'was a member'],
    ['Fee paid', `${msat(ring.fee_msat)} sat`],
    ...(ring.waived_fee_msat > 0 ? [['Fee waived', `${msat(ring.waived_fee_msat)} sat`]] : []),
    ...(ring.failure_node && ring.outcome !== 'settled' ? [['Hop at fault', nameOf(ring.failure_node)]] : []),
  ];
  more.replaceChildren(
    el('dl', { class: 'facts' }, ...facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))),
    ...(times.length > 1 ? [phases] : []),
    el('ol', { class: 'story' }, ...ring.story.map((line, i) => el('li', {},
      el('time', { class: 'quiet', datetime: line.at }, clock(line.at)),
      el('span', { class: 'took' }, i + 1 < times.length ? span(ends[i] - times[i]) : ''),
      el('p', {}, line.what)))),
    ...(cancel ? [el('div', {}, cancel), answer] : []));
}

export function start() {
  const list = new KeyedList($('ring-list'), (ring) => makeRow(ring), updateRow);
  const latest = new KeyedList($('latest'), (ring) => makeRow(ring, false), updateRow);
  const show = () => {
    const all = ringsByTime();
    const wanted = $('ring-filter').value;
    const shown = all.filter((ring) => wanted === '' || (wanted === 'other' ? ring.final && ring.outcome !== 'settled' : ring.outcome === wanted));
    list.show(shown, (ring) => ring.id);
    latest.show(all.slice(0, 5), (ring) => ring.id);
    $('latest-empty').hidden = all.length > 0;
    $('rings-empty').hidden = shown.length > 0;
    setText($('rings-empty'), all.length === 0 ? 'No ring yet. It takes three nodes whose channels want liquidity moved the same way round.' : 'No ring is like that.');
    const settled = all.filter((ring) => ring.outcome === 'settled').length;
    setText($('rings-line'), all.length === 0 ? '' : `the latest ${count(all.length, 'ring')}: ${settled} settled`);
  };
  on(['rings'], show);
  $('ring-filter').addEventListener('change', show);

  // Names come with the peers, and "ago" moves on.
  on(['peers'], () => { list.refresh(); latest.refresh(); });
  setInterval(() => { if (!document.hidden) { latest.refresh(); } }, 30000);
}
