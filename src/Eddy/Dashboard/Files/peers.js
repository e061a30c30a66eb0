import { $, el, setText, KeyedList } from './dom.js';
import { ago, moment, count, percent, key } from './format.js';
import { state, on, ringsByTime, isSelf } from './state.js';

// Rings of the latest in which the peer stood beside this node.
function record() {
  const records = new Map();
  for (const ring of ringsByTime()) {
    if (!ring.final) {
      continue;
    }
    const at = ring.hops.findIndex((hop) => isSelf(hop.node));
    if (at < 0) {
      continue;
    }
    for (const step of new Set([(at + 1) % ring.hops.length, (at + ring.hops.length - 1) % ring.hops.length])) {
      const entry = records.get(ring.hops[step].node) ?? { settled: 0, all: 0 };
      entry.all++;
      entry.settled += ring.outcome === 'settled' ? 1 : 0;
      records.set(ring.hops[step].node, entry);
    }
  }
  return records;
}

function make() {
  return el('tr', {}, el('td', {}, el('b'), el('span', { class: 'small mono' })), el('td'), el('td'), el('td', { class: 'n' }), el('td', { class: 'n' }), el('td'), el('td'));
}

function update(row, { peer, rings }) {
  const [who, eddy, can, channels, settled, seen, note] = row.children;
  setText(who.children[0], peer.alias || key(peer.pubkey));
  setText(who.children[1], `${peer.pubkey.slice(0, 20)}…`);
  who.title = peer.pubkey;
  const runs = peer.protocol_version > 0;
  eddy.replaceChildren(el('span', { class: `chip ${runs ? (peer.online ? 'good' : '') : ''}` }, runs ? (peer.online ? 'yes' : 'away') : 'no'),
    runs ? el('div', { class: 'small' }, `${peer.agent || 'eddy'}, protocol ${peer.protocol_version}`) : '');
  setText(can, [peer.can_initiate ? 'initiate' : '', peer.can_waive ? 'waive' : ''].filter(Boolean).join(', ') || '—');
  setText(channels, String(peer.channels));
  setText(settled, rings ? `${rings.settled} of ${rings.all} (${percent(rings.settled / rings.all)})` : '—');
  setText(seen, peer.online ? 'now' : ago(peer.last_seen));
  const now = Date.now();
  const marks = [];
  if (peer.muted_until && new Date(peer.muted_until) > now) {
    marks.push(el('span', { class: 'chip bad' }, `muted until ${moment(peer.muted_until)}`));
  }
  if (peer.backed_off_until && new Date(peer.backed_off_until) > now) {
    marks.push(el('span', { class: 'chip warn' }, `left alone until ${moment(peer.backed_off_until)}`));
  }
  if (peer.faults > 0) {
    marks.push(el('span', { class: 'small' }, ` ${count(peer.faults, 'fault')}: ${peer.last_fault}`));
  }
  note.replaceChildren(...marks, peer.note ? ` ${peer.note}` : marks.length > 0 ? '' : '—');
}

export function start() {
  const list = new KeyedList($('peer-rows'), make, update);
  on(['peers', 'rings', 'status'], () => {
    const records = record();
    const peers = [...state.peers.values()].sort((a, b) => Number(b.protocol_version > 0) - Number(a.protocol_version > 0) || (a.alias || a.pubkey).localeCompare(b.alias || b.pubkey));
    const shown = new Map([...list.entries].map(([name, entry]) => [name, entry.item]));
    list.show(peers.map((peer) => {
      const rings = records.get(peer.pubkey);
      const before = shown.get(peer.pubkey);
      return before && before.peer === peer && before.rings?.all === rings?.all && before.rings?.settled === rings?.settled ? before : { peer, rings };
    }), (entry) => entry.peer.pubkey);
    const eddies = peers.filter((peer) => peer.protocol_version > 0).length;
    setText($('peers-line'), peers.length === 0 ? '' : `${count(peers.length, 'peer')}, ${eddies} with eddy; rings among the latest ${ringsByTime().length}`);
    $('peers-empty').hidden = peers.length > 0;
    $('peer-rows').closest('.scroll').hidden = peers.length === 0;
  });
}
