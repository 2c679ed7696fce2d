const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** The moment that a day begins at, by the clock of whoever looks; `later` days after it. What is no day is left as it is. */
export function momentOf(day: string | undefined, later = 0): string | undefined {
  const found = DAY.exec(day ?? '');
  if (!found) return day;
  const [, year, month, date] = found.map(Number);
  const moment = new Date(year ?? 0, (month ?? 1) - 1, (date ?? 1) + later);
  return Number.isNaN(moment.getTime()) ? day : moment.toISOString();
}
