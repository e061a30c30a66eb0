// Talking to the daemon. The session's one half is a cookie that scripts cannot read; the other is the key below, which only pages of this
// very address can.

const storage = 'eddy-key';

export class NotLoggedIn extends Error {}

export class Refused extends Error {}

function headers(more = {}) {
  const key = localStorage.getItem(storage);
  return key ? { 'X-Eddy-Key': key, ...more } : more;
}

async function check(response) {
  if (response.status === 401) {
    throw new NotLoggedIn();
  }
  if (!response.ok) {
    let what = `the daemon answers with ${response.status}`;
    try {
      const body = await response.json();
      what = body.error ?? body.message ?? what;
    } catch {
      // Not one of ours.
    }
    const refused = new Refused(what);
    refused.status = response.status;
    throw refused;
  }
  return response;
}

export async function get(path) {
  return (await check(await fetch(`/v1/${path}`, { headers: headers(), cache: 'no-store' }))).json();
}

export async function post(path, body) {
  const response = await check(await fetch(`/v1/${path}`, {
    method: 'POST', headers: headers(body === undefined ? {} : { 'Content-Type': 'application/json' }), body: body === undefined ? undefined : JSON.stringify(body),
  }));
  return response.status === 204 ? null : response.json();
}

export async function redeem(code) {
  const session = await post('session', { code });
  localStorage.setItem(storage, session.key);
}

export async function logout() {
  try {
    await post('logout');
  } finally {
    localStorage.removeItem(storage);
  }
}

// Follows the events until the connection ends. EventSource sends no headers of its own, so the stream is read here.
export async function follow(onEvent, longestSilence = 40000) {
  const abort = new AbortController();
  let watchdog = setTimeout(() => abort.abort(), longestSilence);
  try {
    const response = await check(await fetch('/v1/events', { headers: headers(), cache: 'no-store', signal: abort.signal }));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let parts = [];
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }
      clearTimeout(watchdog);
      watchdog = setTimeout(() => abort.abort(), longestSilence);
      parts.push(value);
      // An event ends with an empty line; which may be cut between two chunks.
      if (!value.includes('\n')) {
        continue;
      }
      const blocks = parts.join('').split('\n\n');
      parts = [blocks.pop()];
      for (const block of blocks) {
        let name = 'message';
        let data = '';
        for (const line of block.split('\n')) {
          if (line.startsWith('event: ')) {
            name = line.slice(7);
          } else if (line.startsWith('data: ')) {
            data += line.slice(6);
          }
        }
        if (data) {
          onEvent(name, JSON.parse(data));
        }
      }
    }
  } finally {
    clearTimeout(watchdog);
    abort.abort();
  }
}
