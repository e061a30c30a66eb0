import { $, el, svg, setText } from './dom.js';
import { sat, count } from './format.js';
import { state, on, nameOf, isSelf, ringsByTime } from './state.js';

const most = 36;
const width = 960;
const height = 540;
const glow = 8000;
const places = new Map();
const lit = new Map();
let shape = '';

// Who offers what to whom: from adverts, and for this node from its channels.
function offers() {
  const intents = new Map();
  const put = (node, peer, out, wantOut, into, wantIn) => intents.set(`${node} ${peer}`, { out, wantOut, into, wantIn });
  for (const advert of state.adverts.values()) {
    advert.intents.forEach((intent) => put(advert.node, intent.peer, Math.max(intent.want_out_sat, intent.may_out_sat), intent.want_out_sat,
      Math.max(intent.want_in_sat, intent.may_in_sat), intent.want_in_sat));
  }
  const self = state.status?.node?.pubkey;
  if (self) {
    for (const channel of state.channels.values()) {
      if (channel.peer_is_eddy) {
        put(self, channel.peer, Math.max(channel.want_out_sat, channel.may_out_sat), channel.want_out_sat, Math.max(channel.want_in_sat, channel.may_in_sat), channel.want_in_sat);
      }
    }
  }
  const links = new Map();
  const arrows = [];
  for (const [pair, intent] of intents) {
    const [from, to] = pair.split(' ');
    const back = intents.get(`${to} ${from}`);
    if (!back) {
      continue;
    }
    links.set(from < to ? pair : `${to} ${from}`, [from, to]);
    const amount = Math.min(intent.out, back.into);
    if (amount > 0) {
      arrows.push({ from, to, amount, wanted: intent.wantOut > 0 && back.wantIn > 0, gains: intent.wantOut > 0 || back.wantIn > 0 });
    }
  }
  return { links: [...links.values()], arrows };
}

function nodesOf(arrows, links) {
  const self = state.status?.node?.pubkey;
  const distance = new Map();
  if (self) {
    distance.set(self, 0);
  }
  for (const peer of state.peers.values()) {
    if (peer.protocol_version > 0) {
      distance.set(peer.pubkey, 1);
    }
  }
  const known = [...state.adverts.values()].sort((a, b) => a.hops - b.hops || (a.node < b.node ? -1 : 1));
  known.forEach((advert) => { if (!distance.has(advert.node)) { distance.set(advert.node, advert.hops); } });
  const linked = new Set(links.flat());
  const nodes = [...distance].filter(([node, far]) => far <= 1 || linked.has(node));
  return { nodes: nodes.slice(0, most), more: nodes.length - most };
}

// This node in the middle, the others on ovals by their distance, each as near as may be to those it is linked with; the same picture for
// the same network.
function place(nodes, links) {
  const isNarrow = matchMedia('(max-width: 640px)').matches;
  const [w, h] = isNarrow ? [760, 760] : [width, height];
  const linked = new Map();
  for (const [a, b] of links) {
    linked.set(a, [...(linked.get(a) ?? []), b]);
    linked.set(b, [...(linked.get(b) ?? []), a]);
  }
  const circles = [];
  nodes.forEach(([node, far]) => { (circles[far] ??= []).push(node); });
  const used = circles.map((circle, far) => far).filter((far) => far > 0);
  const angles = new Map();
  places.clear();
  nodes.filter(([, far]) => far === 0).forEach(([node]) => places.set(node, { x: w / 2, y: h / 2, far: 0 }));
  for (const far of used) {
    const circle = far === used[0] ? chain(circles[far], linked) : sortByAngle(circles[far], linked, angles);
    const step = (2 * Math.PI) / circle.length;
    const turn = far === used[0] ? -Math.PI / 2 : bestTurn(circle, linked, angles, step);
    const share = used.length === 1 ? 0.78 : 0.5 + (0.5 * used.indexOf(far)) / (used.length - 1);
    circle.forEach((node, i) => {
      const angle = turn + i * step;
      angles.set(node, angle);
      places.set(node, { x: w / 2 + (w / 2 - 85) * share * Math.cos(angle), y: h / 2 + (h / 2 - 45) * share * Math.sin(angle), far });
    });
  }
  return [w, h];
}

// Who shares a neighbour stands beside each other.
function chain(circle, linked) {
  const left = new Set(circle);
  const order = [];
  while (left.size > 0) {
    const last = order.at(-1);
    const near = last ? [...left].find((node) => (linked.get(node) ?? []).some((far) => !circle.includes(far) && (linked.get(far) ?? []).length < circle.length && (linked.get(last) ?? []).includes(far))) : undefined;
    const next = near ?? left.values().next().value;
    left.delete(next);
    order.push(next);
  }
  return order;
}

function wish(node, linked, angles) {
  const known = (linked.get(node) ?? []).map((other) => angles.get(other)).filter((angle) => angle !== undefined);
  return known.length === 0 ? 0 : Math.atan2(known.reduce((sum, angle) => sum + Math.sin(angle), 0), known.reduce((sum, angle) => sum + Math.cos(angle), 0));
}

function sortByAngle(circle, linked, angles) {
  return [...circle].sort((a, b) => wish(a, linked, angles) - wish(b, linked, angles) || (a < b ? -1 : 1));
}

function bestTurn(circle, linked, angles, step) {
  let best = [Infinity, 0];
  for (let turn = -Math.PI; turn < Math.PI; turn += Math.PI / 90) {
    const cost = circle.reduce((sum, node, i) => sum + 1 - Math.cos(turn + i * step - wish(node, linked, angles)), 0);
    best = cost < best[0] ? [cost, turn] : best;
  }
  return best[1];
}

// A bent line from the rim of one node to the rim of the other.
function bend(from, to, by = 0.13) {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = Math.hypot(dx, dy) || 1;
  const middle = { x: (from.x + to.x) / 2 - dy * by, y: (from.y + to.y) / 2 + dx * by };
  const rim = (at, toward, distance) => {
    const l = Math.hypot(toward.x - at.x, toward.y - at.y) || 1;
    return { x: at.x + ((toward.x - at.x) / l) * distance, y: at.y + ((toward.y - at.y) / l) * distance };
  };
  const start = rim(from, middle, 16);
  const end = rim(to, middle, 20);
  return { path: `M${start.x.toFixed(1)} ${start.y.toFixed(1)}Q${middle.x.toFixed(1)} ${middle.y.toFixed(1)} ${end.x.toFixed(1)} ${end.y.toFixed(1)}`, length };
}

function draw() {
  const { links, arrows } = offers();
  const { nodes, more } = nodesOf(arrows, links);
  const next = nodes.map(([node, far]) => node + far).join() + links.length + matchMedia('(max-width: 640px)').matches;
  const box = $('map');
  let picture = box.firstElementChild;
  if (next !== shape || !picture) {
    shape = next;
    const [w, h] = place(nodes, links);
    picture = svg('svg', { viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-labelledby': 'map-title' },
      svg('title', { id: 'map-title' }),
      svg('defs', {}, ...['may', 'want'].map((kind) => svg('marker', { id: `tip-${kind}`, viewBox: '0 0 10 10', refX: 8, refY: 5, markerWidth: 11, markerHeight: 11, markerUnits: 'userSpaceOnUse', orient: 'auto' },
        svg('path', { d: 'M0 1L10 5L0 9Z', class: `tip ${kind}` })))),
      svg('g', { id: 'map-edges' }), svg('g', { id: 'map-rings' }), svg('g', { id: 'map-nodes' }));
    box.replaceChildren(picture);
    lit.clear();
  }
  $('map-title').textContent = `${count(nodes.length, 'node')} that run eddy, and ${count(arrows.length, 'offer')} between them; the list below says the same in words`;
  const shown = arrows.filter((arrow) => places.has(arrow.from) && places.has(arrow.to)).sort((a, b) => Number(a.gains) - Number(b.gains));
  $('map-edges').replaceChildren(...shown.map((arrow) => {
    const kind = arrow.gains ? 'want' : 'may';
    const edge = svg('path', { d: bend(places.get(arrow.from), places.get(arrow.to)).path, class: `edge ${kind}`, 'marker-end': `url(#tip-${kind})` });
    edge.setAttribute('stroke-width', String(Math.min(5, Math.max(1, Math.log10(arrow.amount) - 3.6)).toFixed(1)));
    edge.append(svg('title', {}));
    edge.firstChild.textContent = `${nameOf(arrow.from)} → ${nameOf(arrow.to)}: ${sat(arrow.amount)} sat${arrow.gains ? '' : ', harmless'}`;
    return edge;
  }));
  const middle = picture.viewBox.baseVal.height / 2;
  $('map-nodes').replaceChildren(...nodes.map(([node]) => {
    const { x, y } = places.get(node);
    const peer = state.peers.get(node);
    const group = svg('g', { class: `${isSelf(node) ? 'self' : ''} ${peer && !peer.online ? 'off' : ''}`, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` },
      svg('circle', { r: isSelf(node) ? 13 : 10, class: 'node' }), svg('text', { y: y < middle - 1 ? -18 : 30 }));
    const name = nameOf(node);
    group.lastChild.textContent = name.length > 16 ? `${name.slice(0, 15)}…` : name;
    group.append(svg('title', {}));
    group.lastChild.textContent = node;
    return group;
  }));
  const eddies = nodes.length - (state.status?.node ? 1 : 0);
  setText($('map-line'), eddies === 0 ? 'no node around runs eddy yet' : `${count(eddies, 'node')} around${more > 0 ? `, and ${more} farther off` : ''}, ${count(shown.length, 'offer')}`);
  $('map-list').replaceChildren(...(shown.length === 0 ? [el('li', {}, 'Nobody around offers anything that somebody else takes.')] : shown.slice(-200).reverse()
    .map((arrow) => el('li', {}, `${nameOf(arrow.from)} → ${nameOf(arrow.to)}: ${sat(arrow.amount)} sat${arrow.gains ? '' : ', harmless'}`))));
  drawRings();
}

function mode(ring) {
  if (!ring.final) {
    return ['Signing', 'Walking', 'Accepted', 'Invoicing'].includes(ring.state) ? 'asking' : 'paying';
  }
  const age = Date.now() - new Date(ring.ended_at).getTime();
  return age > glow ? null : ring.outcome === 'settled' ? 'settled' : 'broken';
}

// Hop after hop in the order of the payment; the terms of a ring come back all at once, so that the pace is the picture's own.
function drawRings() {
  const group = $('map-rings');
  if (!group) {
    return;
  }
  const shown = new Set();
  for (const ring of ringsByTime().slice(0, 20)) {
    const now = mode(ring);
    if (!now || !ring.hops.every((hop) => places.has(hop.node))) {
      continue;
    }
    shown.add(ring.id);
    if (lit.get(ring.id)?.mode === now) {
      continue;
    }
    lit.get(ring.id)?.group.remove();
    const hops = ring.hops.map((hop, i) => {
      const { path } = bend(places.get(hop.node), places.get(ring.hops[(i + 1) % ring.hops.length].node));
      const broken = now === 'broken' && (ring.failure_position === null || i === ring.failure_position);
      const line = svg('path', { d: path, pathLength: 1, class: `hop ${now === 'broken' ? (broken ? 'broken' : 'asking') : now}` });
      line.style.animationDelay = `${i * (now === 'settled' ? 90 : 260)}ms`;
      return line;
    });
    const picture = svg('g', { 'data-ring': ring.id }, ...hops);
    if (now === 'asking' || now === 'paying') {
      const spark = svg('circle', { r: 5, class: 'spark' });
      spark.append(svg('animateMotion', { dur: `${ring.hops.length * 0.6}s`, repeatCount: 'indefinite', path: hops.map((hop) => hop.getAttribute('d')).join(' ') }));
      picture.append(spark);
    }
    group.append(picture);
    lit.set(ring.id, { mode: now, group: picture });
    if (ring.final) {
      setTimeout(drawRings, glow + 200);
    }
  }
  for (const [id, entry] of lit) {
    if (!shown.has(id)) {
      entry.group.remove();
      lit.delete(id);
    }
  }
}

export function start() {
  on(['adverts', 'channels', 'peers', 'status'], draw);
  on(['rings'], drawRings);
  matchMedia('(max-width: 640px)').addEventListener('change', draw);
}
