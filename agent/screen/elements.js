/** Small pieces of page: elements with text, icons, tables, lists of facts. Text is only ever set as text. */

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/** A new element with a class and text. */
export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** An icon out of the page's symbols. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Sets text only when it changes, so that screen readers are not told twice. */
export function setText(id, text) {
  const target = byId(id);
  if (target.textContent !== text) target.textContent = text;
}

/** Fills a table: heads, then rows of cells; `quiet` stands in for no rows. */
export function fillTable(id, heads, rows, quiet) {
  const table = byId(id);
  table.replaceChildren();
  if (rows.length === 0) {
    table.append(element('caption', 'quiet', quiet ?? ''));
    return;
  }
  const head = table.createTHead().insertRow();
  for (const text of heads) {
    const cell = element('th', '', text);
    cell.scope = 'col';
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const text of row) line.insertCell().textContent = text;
  }
}

/** Fills a definition list with name and value pairs. */
export function fillFacts(id, pairs) {
  const nodes = pairs.flatMap(([name, value]) => [element('dt', '', name), element('dd', '', value)]);
  byId(id).replaceChildren(...nodes);
}
