import { $, el, svg, setText } from './dom.js';
import { clock, key } from './format.js';
import { follow, get, post, redeem, logout, NotLoggedIn } from './api.js';
import { state, on, apply, addOlder, touch } from './state.js';
import * as overview from './overview.js';
import * as channels from './channels.js';
import * as rings from './rings.js';
import * as peers from './peers.js';
import * as log from './log.js';
import * as map from './map.js';

const views = ['overview', 'channels', 'rings', 'peers', 'log'];
let isIn = false;
let lastEvent = null;
let toastTimer;

function showOnly(id) {
  for (const name of ['loading', 'login', ...views]) {
    $(name).hidden = name !== id;
  }
}

function route() {
  const name = views.includes(location.hash.slice(1)) ? location.hash.slice(1) : 'overview';
  for (const link of $('nav').querySelectorAll('a')) {
    const isHere = link.hash === `#${name}`;
    link.toggleAttribute('aria-current', isHere);
    if (isHere) {
      link.setAttribute('aria-current', 'page');
      link.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  }
  if (isIn) {
    showOnly(name);
    document.title = `${state.status?.node?.alias ? `${state.status.node.alias} · ` : ''}Eddy`;
    touch('view');
  }
}

function enter() {
  isIn = true;
  for (const id of ['nav', 'propose', 'pause', 'logout']) {
    $(id).hidden = false;
  }
  route();
}

function leave(why) {
  isIn = false;
  for (const id of ['nav', 'propose', 'pause', 'logout']) {
    $(id).hidden = true;
  }
  notice(null);
  setText($('node-name'), 'Eddy');
  setText($('node-line'), '');
  setText($('login-why'), why ?? 'A link lets it in. On the machine of the daemon, run');
  showOnly('login');
}

function notice(text, isBad = false) {
  $('notice').hidden = !text;
  $('notice').classList.toggle('bad', isBad);
  $('notice').replaceChildren(...(text ? [el('div', {}, text)] : []));
}

function toast(text) {
  clearTimeout(toastTimer);
  setText($('toast'), text);
  $('toast').hidden = false;
  toastTimer = setTimeout(() => { $('toast').hidden = true; }, 7000);
}

function showHeader() {
  const { node, connected, interceptor, mode, paused, guard, version, commit } = state.status;
  setText($('node-name'), node ? node.alias || key(node.pubkey) : 'Eddy');
  setText($('node-line'), node ? `${node.network} · ${key(node.pubkey)} · LND ${node.lnd_version} · height ${node.height.toLocaleString('en-US')}` : 'the node is not known yet');
  $('node-line').title = node?.pubkey ?? '';
  setText($('pause'), paused ? 'Resume' : 'Pause');
  setText($('version'), `eddy ${version} (commit ${commit})`);
  const lights = [
    connected ? ['good', 'LND connected'] : ['bad', 'LND away'],
    mode === 'observe' ? ['warn', 'only observes'] : interceptor === 'up' ? ['good', 'can waive'] : interceptor === 'taken' ? ['warn', 'interceptor taken'] : ['bad', 'interceptor down'],
    ...(paused ? [['warn', 'paused']] : []),
    ...(guard.state === 'running' ? [] : [['', 'no guard']]),
  ];
  $('lights').replaceChildren(...lights.map(([style, text]) => el('li', { class: `chip ${style}` }, text)));
  if (isIn && lastEvent) {
    notice(!connected ? `LND is away: ${state.status.connection_reason}`
      : paused ? 'Eddy is paused: it neither proposes nor accepts rings. Those under way end.'
        : mode === 'observe' ? 'This node only looks on: set mode=active in [eddy] to take part in rings.'
          : interceptor === 'taken' ? 'Another program holds LND’s interceptor: this node can propose rings, and not be a member of those of others.'
            : null, !connected);
  }
  document.title = `${node?.alias ? `${node.alias} · ` : ''}Eddy`;
}

async function catchUp() {
  overview.askHistory();
  try {
    addOlder((await get('rings?count=200')).rings);
  } catch {
    // The stream says what is wrong.
  }
}

function onEvent(name, data) {
  const isFirst = name === 'snapshot';
  lastEvent = Date.now();
  const ended = apply(name, data);
  if (isFirst) {
    $('main').classList.remove('stale');
    enter();
    catchUp();
  }
  if (ended.length > 0) {
    overview.askHistory();
    const settled = ended.find((ring) => ring.outcome === 'settled');
    if (settled) {
      toast(`A ring settled: ${settled.amount_sat.toLocaleString('en-US')} sat moved over ${settled.hops.length} channels, for nothing.`);
    }
  }
}

async function run() {
  let pause = 1000;
  for (;;) {
    const before = lastEvent;
    let why = 'the connection ended';
    try {
      await follow(onEvent);
    } catch (error) {
      if (error instanceof NotLoggedIn) {
        leave(isIn ? 'The session has ended. On the machine of the daemon, run' : undefined);
        return;
      }
      why = error.name === 'AbortError' || error instanceof TypeError ? 'the daemon does not answer' : error.message;
    }
    pause = lastEvent !== before ? 1000 : Math.min(15000, pause * 2);
    const at = lastEvent ? ` What you see is of ${clock(lastEvent)}.` : '';
    $('main').classList.toggle('stale', isIn);
    notice(`Not connected: ${why}.${at} Trying again in ${Math.round(pause / 1000)} s.`, true);
    await new Promise((resolve) => { setTimeout(resolve, pause); });
  }
}

async function ask(button, path, body) {
  button.disabled = true;
  try {
    toast((await post(path, body)).message);
  } catch (error) {
    if (error instanceof NotLoggedIn) {
      leave('The session has ended. On the machine of the daemon, run');
    } else {
      toast(error.message);
    }
  } finally {
    button.disabled = false;
  }
}

const themes = {
  auto: ['Colours: as the system has them', 'M12 3a9 9 0 1 0 0 18V3Z M12 3a9 9 0 0 1 0 18'],
  light: ['Colours: light', 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4'],
  dark: ['Colours: dark', 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z'],
};

function showTheme() {
  const theme = document.documentElement.dataset.theme ?? 'auto';
  const [label, path] = themes[theme];
  $('theme').setAttribute('aria-label', label);
  $('theme').title = label;
  $('theme').replaceChildren(svg('svg', { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'aria-hidden': 'true' },
    ...path.split(' M').map((part, i) => svg('path', { d: i === 0 ? part : `M${part}`, fill: theme === 'auto' && i === 0 ? 'currentColor' : 'none' }))));
}

function nextTheme() {
  const order = ['auto', 'light', 'dark'];
  const next = order[(order.indexOf(document.documentElement.dataset.theme ?? 'auto') + 1) % order.length];
  if (next === 'auto') {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = next;
  }
  localStorage.setItem('eddy-theme', next);
  showTheme();
}

for (const part of [overview, channels, rings, peers, log, map]) {
  part.start();
}
on(['status'], showHeader);
on(['status', 'channels', 'rings'], () => setText($('updated'), lastEvent ? `last change ${clock(lastEvent)}` : ''));
$('propose').addEventListener('click', () => ask($('propose'), 'propose', { dry_run: false }));
$('pause').addEventListener('click', () => ask($('pause'), state.status?.paused ? 'resume' : 'pause'));
$('theme').addEventListener('click', nextTheme);
$('logout').addEventListener('click', async () => {
  try {
    await logout();
  } finally {
    location.replace('/');
  }
});
addEventListener('hashchange', route);
showTheme();

let mayRun = true;
if (location.pathname === '/login' && location.hash.length > 1) {
  const code = location.hash.slice(1);
  history.replaceState(null, '', '/');
  try {
    await redeem(code);
  } catch (error) {
    mayRun = false;
    leave(error instanceof NotLoggedIn ? 'This link was used already, or is too old. On the machine of the daemon, run' : `The daemon does not let this browser in: ${error.message}. On its machine, run`);
  }
}
if (mayRun) {
  await run();
}
