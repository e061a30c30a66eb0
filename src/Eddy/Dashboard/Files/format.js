// Numbers, times and names as people read them.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export const sat = (amount) => whole.format(amount);
export const msat = (amount) => (amount === 0 ? '0' : amount < 100000 ? exact.format(amount / 1000) : whole.format(amount / 1000));
export const compact = (amount) => short.format(amount);
export const percent = (share) => `${Math.round(share * 100)} %`;
export const key = (pubkey) => `${pubkey.slice(0, 10)}…`;
export const count = (number, one, many = `${one}s`) => `${whole.format(number)} ${number === 1 ? one : many}`;

export function clock(time) {
  return new Date(time).toLocaleTimeString('en-GB');
}

export function moment(time) {
  return new Date(time).toLocaleString('en-GB', { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

export function span(ms) {
  if (ms < 1000) {
    return `${Math.max(0, Math.round(ms))} ms`;
  }
  if (ms < 60000) {
    return `${(ms / 1000).toFixed(1)} s`;
  }
  const minutes = Math.round(ms / 60000);
  return minutes < 60 ? `${minutes} min` : minutes < 2880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.round(minutes / 1440)} days`;
}

export function ago(time) {
  const ms = Date.now() - new Date(time).getTime();
  return ms < 1500 ? 'now' : `${span(ms)} ago`;
}

export const outcomes = { under_way: 'under way', settled: 'settled', failed: 'failed', cancelled: 'cancelled', rejected: 'refused', expired: 'expired' };
export const outcomeStyle = { under_way: 'live', settled: 'good', failed: 'bad', cancelled: '', rejected: 'warn', expired: '' };
