import { svg } from './dom.js';
import { compact, sat } from './format.js';

// Bars by day. Series of one day stand beside each other.
export function bars(box, days, series) {
  const [w, h, left, bottom, top] = [440, 150, 38, 18, 8];
  const most = Math.max(...days.flatMap((day) => series.map((one) => one.of(day))), 0);
  const ceiling = nice(most);
  const picture = svg('svg', { viewBox: `0 0 ${w} ${h}`, preserveAspectRatio: 'none', role: 'img' });
  picture.setAttribute('aria-label', series.map((one) => `${one.name}: ${sat(days.reduce((sum, day) => sum + one.of(day), 0))} sat in ${days.length} days`).join('; '));
  const y = (value) => h - bottom - (value / (ceiling || 1)) * (h - bottom - top);
  for (const share of [0, 0.5, 1]) {
    const at = y(ceiling * share);
    picture.append(svg('line', { x1: left, x2: w, y1: at, y2: at, 'vector-effect': 'non-scaling-stroke' }));
    if (ceiling > 0 || share === 0) {
      const label = svg('text', { x: left - 5, y: at + 4, 'text-anchor': 'end' });
      label.textContent = compact(ceiling * share);
      picture.append(label);
    }
  }
  const step = (w - left) / days.length;
  const wide = Math.max(0.8, (step * 0.72) / series.length);
  days.forEach((day, i) => series.forEach((one, k) => {
    const value = one.of(day);
    if (value > 0) {
      const bar = svg('rect', { x: (left + i * step + step * 0.14 + k * wide).toFixed(2), y: y(value).toFixed(2), width: wide.toFixed(2), height: Math.max(1, h - bottom - y(value)).toFixed(2), rx: Math.min(2, wide / 3), class: one.style });
      bar.append(svg('title', {}));
      bar.firstChild.textContent = `${day.day}: ${one.name} ${sat(value)} sat`;
      picture.append(bar);
    }
  }));
  for (const [i, anchor] of [[0, 'start'], [days.length - 1, 'end']]) {
    const label = svg('text', { x: anchor === 'start' ? left : w, y: h - 4, 'text-anchor': anchor });
    label.textContent = i === days.length - 1 ? 'today' : days[i].day;
    picture.append(label);
  }
  picture.setAttribute('preserveAspectRatio', 'xMinYMid meet');
  box.replaceChildren(picture);
}

function nice(value) {
  if (value <= 0) {
    return 0;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].map((factor) => factor * power).find((step) => step >= value);
}
