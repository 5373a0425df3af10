/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>

/** Reads the rows of what a driver answered. */
export function readRows(result: unknown): readonly Row[] {
  const rows = isRow(result) ? result['rows'] : undefined
  if (!Array.isArray(rows)) throw new TypeError('query: expected an object with rows, as pg gives it')
  return rows.map((row: unknown) => {
    if (!isRow(row)) throw new TypeError('query: expected each row as an object by columns, as pg gives it')
    return row
  })
}

/** Reads a column that holds a text. */
export function readText(row: Row, column: string): string {
  const text = row[column]
  if (typeof text !== 'string')
    throw new TypeError(`query: expected a text in the column ${column}, found ${typeof text}`)
  return text
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
