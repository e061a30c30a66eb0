// Making and changing elements. Whatever comes from the network is text, never markup.

export const $ = (id) => document.getElementById(id);

export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (key === 'class') {
      element.className = value;
    } else if (key.startsWith('on')) {
      element.addEventListener(key.slice(2), value);
    } else {
      element.setAttribute(key, value === true ? '' : value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

// A list whose entries have keys: an entry is made once, and changed only when its data is another object.
export class KeyedList {
  constructor(parent, make, update) {
    this.parent = parent;
    this.make = make;
    this.update = update;
    this.entries = new Map();
  }

  show(items, keyOf) {
    const here = new Set();
    let place = this.parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      here.add(key);
      let entry = this.entries.get(key);
      if (!entry) {
        entry = { element: this.make(item), item: undefined };
        this.entries.set(key, entry);
      }
      if (entry.item !== item) {
        this.update(entry.element, item);
        entry.item = item;
      }
      if (entry.element === place) {
        place = place.nextElementSibling;
      } else {
        this.parent.insertBefore(entry.element, place);
      }
    }
    for (const [key, entry] of this.entries) {
      if (!here.has(key)) {
        entry.element.remove();
        this.entries.delete(key);
      }
    }
  }

  refresh() {
    for (const entry of this.entries.values()) {
      this.update(entry.element, entry.item);
    }
  }
}
