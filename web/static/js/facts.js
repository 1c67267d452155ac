import { make, setText } from './dom.js';

/** A value of more characters gets a line of its own. */
const longValue = 28;

/**
 * Shows names and values; one without a value is left out. Nodes stay the same as long as the names do, so
 * that a selection in them survives.
 *
 * @param {HTMLElement} list a <dl>
 * @param {[string, string][]} facts
 */
export function showFacts(list, facts) {
  const present = facts.filter(([, value]) => value !== '');
  const names = present.map(([name]) => name).join('\n');
  if (list.dataset.names !== names) {
    list.dataset.names = names;
    list.replaceChildren(...present.flatMap(([name]) => [make('dt', '', name), make('dd', '')]));
  }
  const values = list.querySelectorAll('dd');
  present.forEach(([, value], index) => {
    setText(values[index], value);
    values[index].classList.toggle('wide', value.length > longValue);
  });
}
