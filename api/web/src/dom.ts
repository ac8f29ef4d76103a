// Elements without innerHTML: whatever a stranger called his machine stays text.
export type Child = Node | string | number | null | undefined | false | Child[];
type Attributes = Record<string, string | number | boolean | null | undefined
  | ((event: Event) => void)>;

const SVG = 'http://www.w3.org/2000/svg';

function fill(node: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(name, String(value));
    }
  }
  append(node, children);
}

export function append(node: Element, children: Child[]): void {
  for (const child of children.flat(9) as Exclude<Child, Child[]>[]) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  fill(node, attributes, children);
  return node;
}

export function s(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const node = document.createElementNS(SVG, tag) as SVGElement;
  fill(node, attributes, children);
  return node;
}

// Widths and colours that follow from data: set as properties, which a strict policy allows.
export function styled<T extends HTMLElement | SVGElement>(
  node: T, styles: Record<string, string>): T {
  for (const [name, value] of Object.entries(styles)) node.style.setProperty(name, value);
  return node;
}

export function say(text: string): void {
  const live = document.querySelector('.live');
  if (live) live.textContent = text;
}
