// Elements from values. Text only ever becomes text: what jobs and users are called is theirs to choose.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>>} attributes
 *   functions are listeners (`onclick`); null, undefined and false leave an attribute out.
 * @param {readonly Child[]} children null, undefined and false are left out.
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...present(children));
  return element;
}

/** @param {readonly Child[]} children */
function present(children) {
  return children
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/**
 * @param {Element} element
 * @param {readonly Child[]} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
}

/**
 * The element of the page with this id. Throws where there is none.
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} type
 * @returns {E}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} with the id ${id}`);
  return element;
}

/**
 * What a field of a form says, without spaces around it.
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export function fieldOf(form, name) {
  return String(new FormData(form).get(name) ?? '').trim();
}

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: Row) => Child} cell
 * @property {boolean} [isNumber]
 * @property {boolean} [isWide] left out where there is little room
 */

/**
 * A table whose rows become cards where there is little room: the roles say then, too, that it is one.
 * @template Row
 * @param {string} caption
 * @param {readonly Column<Row>[]} columns the first names the row
 * @param {readonly Row[]} rows
 * @param {{ rowClass?: (row: Row) => string | undefined }} options
 */
export function table(caption, columns, rows, { rowClass = () => undefined } = {}) {
  /** @param {Column<Row>} column */
  const classOf = ({ isNumber, isWide }) =>
    [isNumber === true && 'number', isWide === true && 'wide'].filter(Boolean).join(' ') || undefined;
  const head = columns.map((column) =>
    h('th', { scope: 'col', role: 'columnheader', class: classOf(column) }, column.title),
  );
  const body = rows.map((row) =>
    h(
      'tr',
      { role: 'row', class: rowClass(row) },
      ...columns.map((column, i) =>
        h(
          i === 0 ? 'th' : 'td',
          {
            scope: i === 0 ? 'row' : undefined,
            role: i === 0 ? 'rowheader' : 'cell',
            class: classOf(column),
            'data-title': column.title,
          },
          column.cell(row),
        ),
      ),
    ),
  );
  return h(
    'table',
    { role: 'table' },
    h('caption', {}, caption),
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...head)),
    h('tbody', { role: 'rowgroup' }, ...body),
  );
}

/**
 * Where a part of the page says what went wrong.
 * @param {HTMLElement} element
 */
export function troubleIn(element) {
  return {
    /** @param {unknown} error */
    show(error) {
      const text = error instanceof Error ? error.message : String(error);
      // Said once, and not again with each attempt.
      if (element.textContent !== text) element.textContent = text;
      element.hidden = false;
    },
    clear() {
      element.textContent = '';
      element.hidden = true;
    },
  };
}
