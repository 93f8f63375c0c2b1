// What can be asked for: the fields of an enlargement.

import { $ } from './elements.js';

const kinds = {
  automatic: null, interpolation: 'Interpolation', faithful: 'Faithful: least error',
  adversarial: 'GAN: sharp, invents detail', diffusion: 'Diffusion: draws samples', flow: 'Flow: draws samples',
};
let models = [];

/** @param settings as the server tells them */
export function offer(settings) {
  models = settings.models;
  for (const [kind, label] of Object.entries(kinds)) {
    const options = models.filter((model) => model.kind === kind).map(({ name, title }) => new Option(title, name));
    if (!label) $('model').append(...options);
    else if (options.length > 0) {
      const group = document.createElement('optgroup');
      group.label = label;
      group.append(...options);
      $('model').append(group);
    }
  }
  $('subject').append(...settings.subjects.map((name) => new Option(name, name)));
  showFields();
}

const model = () => models.find(({ name }) => name === $('model').value);
const samples = () => (model()?.drawsSamples && Number($('samples').value)) || null;
/** Grain is split off before a network that enlarges directly; others treat it in one way. */
const treatsGrain = () => !model()?.drawsSamples && model()?.kind !== 'interpolation';

/** Only what means something for the chosen model: samples say where they differ, and no bound holds for them. */
function showFields() {
  $('samples-row').hidden = !model()?.drawsSamples;
  $('grain-row').hidden = !treatsGrain();
  $('trust-row').hidden = samples() !== null;
  $('subject-row').hidden = samples() !== null || !$('trust').checked;
}

/** What is asked for, as the server reads it. */
export function order() {
  const wantsTrust = samples() === null && $('trust').checked;
  return {
    model: $('model').value, scale: Number($('scale').value),
    grain: treatsGrain() ? Number($('grain').value) / 100 : 1, isConsistent: $('consistent').checked, wantsTrust,
    subject: (wantsTrust && $('subject').value) || null, samples: samples(),
  };
}

for (const id of ['model', 'samples', 'trust']) $(id).addEventListener('change', showFields);
$('grain').addEventListener('input', () => {
  $('grain-text').textContent = $('grain').value === '100' ? 'all' : `${$('grain').value} %`;
});
