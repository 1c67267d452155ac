const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Distances of labels, and of the small marks between them. */
const steps = [
  [second, second / 5],
  [2 * second, second],
  [5 * second, second],
  [10 * second, 2 * second],
  [30 * second, 5 * second],
  [minute, 10 * second],
  [2 * minute, 30 * second],
  [5 * minute, minute],
  [10 * minute, 2 * minute],
  [30 * minute, 5 * minute],
  [hour, 10 * minute],
  [2 * hour, 30 * minute],
  [3 * hour, hour],
  [6 * hour, hour],
  [12 * hour, 3 * hour],
  [day, 6 * hour],
  [2 * day, day],
  [7 * day, day],
];

/** Pixels from one label to the next, at least: "14:05", "14:05:30". */
const timeLabelPixels = 64;
const secondsLabelPixels = 84;
const markPixels = 7;

/**
 * @typedef {object} Ticks
 * @property {{time: number, label: string}[]} labels in local time
 * @property {number[]} marks between them
 * @property {{start: number, end: number, label: string}[]} periods days, or months where the labels are days
 */

/**
 * Where a timeline has its marks. Local time: days begin at midnight, also those of 23 or 25 hours.
 *
 * @param {import('./time-scale.js').TimeScale} scale
 * @param {string} [locale] default: the browser's
 * @returns {Ticks}
 */
export function ticksOf(scale, locale) {
  const [step, markStep] = stepOf(scale.msPerPixel);
  const text = formats(locale);
  const byDay = step >= day;
  const label = byDay ? text.day : step >= minute ? text.minute : text.second;
  const labels = times(scale, step).map((time) => ({ time, label: label.format(time) }));
  const labelled = new Set(labels.map(({ time }) => time));
  const marks =
    markStep / scale.msPerPixel < markPixels
      ? []
      : times(scale, markStep).filter((time) => !labelled.has(time));
  return { labels, marks, periods: byDay ? months(scale, text.month) : days(scale, text.date) };
}

/** @param {number} msPerPixel */
function stepOf(msPerPixel) {
  const fits = steps.find(
    ([step]) => step / msPerPixel >= (step >= minute ? timeLabelPixels : secondsLabelPixels),
  );
  return fits ?? steps[steps.length - 1];
}

/**
 * @param {import('./time-scale.js').TimeScale} scale
 * @param {number} step
 */
function times({ start, end }, step) {
  /** @type {number[]} */
  const found = [];
  for (let from = midnight(start); from <= end; from = midnight(from, 1)) {
    for (const time of step >= day ? dayTimes(from, step) : timesOfDay(from, step, { start, end })) {
      if (time >= start && time <= end && time !== found[found.length - 1]) found.push(time);
    }
  }
  return found;
}

/**
 * @param {number} from midnight
 * @param {number} step
 */
function dayTimes(from, step) {
  // Days since Monday, 1970-01-05: weeks begin with Mondays.
  const local = new Date(from);
  const number = Math.round(Date.UTC(local.getFullYear(), local.getMonth(), local.getDate()) / day) - 4;
  return number % (step / day) === 0 ? [from] : [];
}

/**
 * @param {number} from midnight
 * @param {number} step
 * @param {import('./spans.js').Span} view a day has half a million of the smallest steps: only those about it
 */
function timesOfDay(from, step, { start, end }) {
  const found = [];
  const next = midnight(from, 1);
  if (step < hour) {
    const first = from + Math.floor(Math.max(0, start - from) / step) * step;
    for (let time = first; time < next && time <= end; time += step) found.push(time);
    return found;
  }
  const date = new Date(from);
  for (let at = 0; at < 24; at += step / hour) {
    const time = new Date(date.getFullYear(), date.getMonth(), date.getDate(), at).getTime();
    if (time < next) found.push(time);
  }
  return found;
}

/**
 * @param {import('./time-scale.js').TimeScale} scale
 * @param {Intl.DateTimeFormat} format
 */
function days({ start, end }, format) {
  const found = [];
  for (let from = midnight(start); from < end; from = midnight(from, 1))
    found.push({ start: from, end: midnight(from, 1), label: format.format(from) });
  return found;
}

/**
 * @param {import('./time-scale.js').TimeScale} scale
 * @param {Intl.DateTimeFormat} format
 */
function months({ start, end }, format) {
  const found = [];
  for (let from = firstOfMonth(start); from < end; from = firstOfMonth(from, 1))
    found.push({ start: from, end: firstOfMonth(from, 1), label: format.format(from) });
  return found;
}

/**
 * Local midnight of a time's day.
 *
 * @param {number} time
 * @param {number} [daysLater]
 */
export function midnight(time, daysLater = 0) {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + daysLater).getTime();
}

/**
 * @param {number} time
 * @param {number} [monthsLater]
 */
function firstOfMonth(time, monthsLater = 0) {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth() + monthsLater).getTime();
}

/** @type {Map<string | undefined, ReturnType<typeof makeFormats>>} */
const known = new Map();

/** @param {string} [locale] */
function formats(locale) {
  const found = known.get(locale) ?? makeFormats(locale);
  known.set(locale, found);
  return found;
}

/** @param {string} [locale] */
function makeFormats(locale) {
  /** @param {Intl.DateTimeFormatOptions} options */
  const format = (options) => new Intl.DateTimeFormat(locale, options);
  return {
    second: format({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
    minute: format({ hour: '2-digit', minute: '2-digit' }),
    day: format({ weekday: 'short', day: 'numeric' }),
    date: format({ weekday: 'short', day: 'numeric', month: 'short' }),
    month: format({ month: 'long', year: 'numeric' }),
  };
}
