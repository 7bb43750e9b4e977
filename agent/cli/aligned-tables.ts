/** Markdown tables with their columns aligned, as the formatter of this repository writes them. */

const columnMin = 3;

function cellsOf(line: string): string[] {
  // A bar that belongs to the text is escaped.
  return line
    .replace(/^\|\s*|\s*\|$/g, '')
    .split(/\s*(?<!\\)\|\s*/)
    .map((cell) => cell.trim());
}

function alignTable(lines: readonly string[]): string[] {
  const rows = lines.map(cellsOf);
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(columnMin, ...rows.map((row, index) => (index === 1 ? 0 : (row[column] ?? '').length))),
  );
  return rows.map((row, index) => {
    const cells = widths.map((width, column) => (index === 1 ? '-'.repeat(width) : (row[column] ?? '').padEnd(width)));
    return `| ${cells.join(' | ')} |`;
  });
}

/** The text with every table aligned; all else unchanged. */
export function alignTables(markdown: string): string {
  const out: string[] = [];
  let table: string[] = [];
  for (const line of [...markdown.split('\n'), '']) {
    if (line.startsWith('|')) {
      table.push(line);
      continue;
    }
    out.push(...alignTable(table), line);
    table = [];
  }
  return out.slice(0, -1).join('\n');
}
