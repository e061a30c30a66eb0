// What is known, and who wants to be told of which part of it. Views are called at most once for each frame.

const olderRings = 200;

export const state = {
  status: null,
  channels: new Map(),
  peers: new Map(),
  adverts: new Map(),
  rings: new Map(),
  logs: [],
  history: null,
  limits: null,
  why: null,
};

const listeners = [];
let dirty = new Set();
let isScheduled = false;

export function on(parts, view) {
  listeners.push({ parts, view });
}

export function touch(...parts) {
  parts.forEach((part) => dirty.add(part));
  if (!isScheduled) {
    isScheduled = true;
    // A hidden page gets no frames, and needs none.
    requestAnimationFrame(flush);
  }
}

function flush() {
  isScheduled = false;
  const parts = dirty;
  dirty = new Set();
  for (const { parts: wanted, view } of listeners) {
    if (wanted.some((part) => parts.has(part))) {
      view();
    }
  }
}

function replace(map, items, keyOf) {
  map.clear();
  items.forEach((item) => map.set(keyOf(item), item));
}

function merge(map, change, keyOf) {
  change.gone.forEach((key) => map.delete(key));
  change.changed.forEach((item) => map.set(keyOf(item), item));
}

const keys = { channels: (c) => c.scid, peers: (p) => p.pubkey, adverts: (a) => a.node, rings: (r) => r.id };

// Returns the names of rings that ended with this event.
export function apply(name, data) {
  const ended = [];
  switch (name) {
    case 'snapshot':
      state.status = data.status;
      for (const part of ['channels', 'peers', 'adverts']) {
        replace(state[part], data[part], keys[part]);
      }
      data.rings.forEach((ring) => state.rings.set(ring.id, ring));
      state.logs = data.logs;
      if (data.limits) {
        state.limits = data.limits;
      }
      touch('status', 'channels', 'peers', 'adverts', 'rings', 'logs', 'limits');
      break;
    case 'status':
      state.status = data;
      touch('status');
      break;
    case 'limits':
      state.limits = data;
      touch('limits');
      break;
    case 'rings':
      // Those that the daemon shows no longer are still of the past.
      for (const ring of data.changed) {
        if (ring.final && !state.rings.get(ring.id)?.final) {
          ended.push(ring);
        }
        state.rings.set(ring.id, ring);
      }
      touch('rings');
      break;
    case 'logs':
      state.logs = state.logs.concat(data.lines).slice(-400);
      touch('logs');
      break;
    default:
      if (keys[name]) {
        merge(state[name], data, keys[name]);
        touch(name);
      }
  }
  return ended;
}

export function addOlder(rings) {
  for (const ring of rings) {
    if (!state.rings.has(ring.id)) {
      state.rings.set(ring.id, ring);
    }
  }
  touch('rings');
}

export function ringsByTime() {
  return [...state.rings.values()].sort((a, b) => (a.started_at < b.started_at ? 1 : a.started_at > b.started_at ? -1 : 0)).slice(0, olderRings);
}

export function nameOf(pubkey) {
  if (state.status?.node?.pubkey === pubkey) {
    return state.status.node.alias || 'this node';
  }
  const alias = state.peers.get(pubkey)?.alias;
  return alias || `${pubkey.slice(0, 10)}…`;
}

export const isSelf = (pubkey) => state.status?.node?.pubkey === pubkey;
