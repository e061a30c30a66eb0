import { $, el, KeyedList } from './dom.js';
import { moment, clock } from './format.js';
import { state, on } from './state.js';

const weight = { info: 0, warn: 1, error: 2, fatal: 2 };

function make(line) {
  return el('div', { class: line.level }, el('span', { class: 'at', title: moment(line.at) }, clock(line.at)), el('span', { class: 'level' }, line.level),
    el('span', { class: 'source', title: line.category }, line.category), el('span', {}, line.message));
}

export function start() {
  const list = new KeyedList($('log-lines'), make, () => {});
  const show = () => {
    const least = Number($('log-level').value);
    const lines = state.logs.filter((line) => weight[line.level] >= least);
    list.show(lines, (line) => line.number);
    $('log-empty').hidden = lines.length > 0;
    $('log-lines').hidden = lines.length === 0;
    if ($('log-follow').checked) {
      $('log-lines').scrollTop = $('log-lines').scrollHeight;
    }
  };
  on(['logs', 'view'], show);
  $('log-level').addEventListener('change', show);
  $('log-follow').addEventListener('change', show);
}
