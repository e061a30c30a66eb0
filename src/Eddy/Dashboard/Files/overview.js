import { $, el, setText, KeyedList } from './dom.js';
import { sat, msat, clock, count } from './format.js';
import { get } from './api.js';
import { state, on, touch } from './state.js';
import { bars } from './chart.js';
import { reasonItem } from './channels.js';

const tiles = [
  ['Rings settled', (s) => [sat(s.totals.settled), s.totals.failed > 0 ? `${sat(s.totals.failed)} came to nothing` : '']],
  ['Under way', (s) => [sat(s.totals.under_way), '']],
  ['Moved for free', (s) => [msat(s.totals.moved_msat), 'sat']],
  ['Fees saved, at least', (s) => [msat(s.totals.saved_msat), 'sat']],
  ['Phantom fees', (s) => [msat(s.totals.waived_msat), 'sat to subtract from LND’s income']],
  ['Next search', (s) => (s.next_search_at && s.connected && !s.paused ? [clock(s.next_search_at), s.last_search] : ['—', s.paused ? 'paused' : s.connected ? s.last_search : 'LND is away'])],
];

function startTiles() {
  const list = $('tiles');
  const cells = tiles.map(([name]) => {
    const value = el('dd');
    list.append(el('div', {}, el('dt', {}, name), value));
    return value;
  });
  on(['status'], () => tiles.forEach(([, of], i) => {
    const [value, note] = of(state.status);
    const text = `${value}|${note}`;
    if (cells[i].dataset.text !== text) {
      cells[i].dataset.text = text;
      cells[i].replaceChildren(value, note ? ' ' : '', note ? el('small', {}, note) : '');
    }
  }));
}

let known = true;

async function askWhy() {
  if (!known || document.hidden) {
    return;
  }
  try {
    state.why = await get('why');
    touch('why');
  } catch (error) {
    // An older daemon answers for channels alone.
    known = error.status !== 404;
  }
}

export async function askHistory() {
  try {
    state.history = (await get(`history?days=${$('days').value}`)).days;
    touch('history');
  } catch {
    // The connection says what is wrong.
  }
}

function showHistory() {
  const days = state.history;
  bars($('chart-moved'), days, [{ name: 'moved', style: 'moved', of: (day) => day.moved_msat / 1000 }]);
  bars($('chart-fees'), days, [
    { name: 'fees saved', style: 'saved', of: (day) => day.saved_msat / 1000 },
    { name: 'phantom fees', style: 'phantom', of: (day) => day.phantom_msat / 1000 },
  ]);
  const sum = (name) => days.reduce((all, day) => all + day[name], 0);
  setText($('history-line'), `In ${days.length} days: ${count(sum('settled'), 'ring')} settled, ${msat(sum('moved_msat'))} sat moved, ${msat(sum('saved_msat'))} sat of fees saved. `
    + (sum('phantom_msat') > 0 ? `LND books ${msat(sum('phantom_msat'))} sat of waived fees as income that nobody paid: subtract them.` : 'LND books no phantom fees in this time.'));
  $('history-rows').replaceChildren(...[...days].reverse().filter((day) => day.settled + day.failed > 0 || day.phantom_msat > 0).map((day) => el('tr', {},
    el('th', { scope: 'row' }, day.day), ...[sat(day.settled), sat(day.failed), msat(day.moved_msat), msat(day.saved_msat), msat(day.phantom_msat)].map((text) => el('td', { class: 'n' }, text)))));
}

// What is limited, how much of it there is, and how much is left.
function limitRows(limits) {
  const rows = [
    ['Own rings at once', limits.max_in_flight, limits.max_in_flight - limits.in_flight, ''],
    ['Rings of others at once', limits.max_member_in_flight, limits.max_member_in_flight - limits.member_in_flight, ''],
    ['Moved in a day', limits.max_per_day_sat, limits.left_per_day_sat, ' sat'],
    ['Moved with one peer in a day', limits.max_per_peer_per_day_sat, limits.left_for_tightest_peer_sat, ' sat'],
    ['Fees waived in a day', limits.max_waived_fee_per_day_sat, limits.left_waived_fee_per_day_sat, ' sat'],
  ];
  return rows.map(([name, most, left, unit]) => ({ name, most, left, unit }));
}

function startLimits() {
  const list = new KeyedList($('limits'),
    () => el('li', {}, el('div', { class: 'row' }, el('span'), el('span')), el('div', { class: 'meter', 'aria-hidden': 'true' }, el('i', { class: 'fill' }))),
    (item, limit) => {
      const [name, value] = item.querySelector('.row').children;
      const isLimited = limit.most !== null && limit.most !== undefined;
      setText(name, limit.name);
      setText(value, isLimited ? `${sat(limit.left ?? limit.most)}${limit.unit} of ${sat(limit.most)} left` : 'no limit');
      item.querySelector('.meter').hidden = !isLimited;
      item.querySelector('.fill').style.width = isLimited ? `${((limit.left ?? limit.most) / Math.max(1, limit.most)) * 100}%` : '0';
    });
  on(['limits'], () => {
    $('limits-panel').hidden = !state.limits;
    if (state.limits) {
      list.show(limitRows(state.limits), (limit) => limit.name);
    }
  });
}

export function start() {
  startTiles();
  startLimits();
  on(['history'], showHistory);
  on(['why'], () => {
    $('why-node').hidden = state.why.reasons.length === 0;
    $('why-node-list').replaceChildren(...state.why.reasons.slice(0, 5).map(reasonItem));
  });
  let asked = '';
  on(['status'], () => {
    const now = JSON.stringify([state.status.paused, state.status.connected, state.status.interceptor, state.status.last_search, state.status.totals]);
    if (now !== asked) {
      asked = now;
      askWhy();
    }
  });
  $('days').addEventListener('change', askHistory);
}
