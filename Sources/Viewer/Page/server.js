// What the viewer's server is asked for, and how its answers are read.

export class Refusal extends Error {}

async function answer(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refusal('The viewer does not answer; is fovea serve still running?');
  }
  if (response.ok) return response;
  let line = `${response.status}`;
  try { line = (await response.json()).error ?? line; } catch { /* the status says enough */ }
  throw new Refusal(line);
}

const json = async (path, options) => (await answer(path, options)).json();

export const settings = () => json('/api/settings');
export const stacks = () => json('/api/stacks');
export const scan = () => json('/api/stacks/scan', { method: 'POST' });
export const stack = (id) => json(`/api/stacks/${id}`);
export const upload = (file) =>
  json(`/api/uploads?name=${encodeURIComponent(file.name)}`, { method: 'POST', body: file });
export const results = () => json('/api/results');
export const order = (body) =>
  json('/api/results', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
export const stop = (result) => json(`/api/results/${result}`, { method: 'DELETE' });
export const result = (id) => json(`/api/results/${id}`);
export const send = (result) => json(`/api/results/${result}/send`, { method: 'POST' });
export const archiveAddress = (result) => `/api/results/${result}/archive`;
export const fileAddress = (result, index) => `/api/results/${result}/files/${index}`;

export const sourceSlice = (stack, slice, signal) => readSlice(`/api/stacks/${stack}/slices/${slice}`, signal);
/** @param sample which of several is looked at in the place of their mean; null or 0 for the mean, or where there is one */
export const resultSlice = (result, layer, slice, sample, signal) =>
  readSlice(`/api/results/${result}/${layer}/${slice}${sample ? `?sample=${sample}` : ''}`, signal);

const arrays = { uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array, float32: Float32Array };

/** A header, and samples as the file stores them: pixel by pixel, each with its channels. */
async function readSlice(path, signal) {
  const buffer = await (await answer(path, { signal })).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const array = arrays[header.samples];
  return { header, samples: new array(buffer, 4 + length, header.width * header.height * header.channels) };
}

/** Tells each state of a result until it is over; the browser asks again by itself where the line breaks. */
export function follow(result, tell) {
  const events = new EventSource(`/api/results/${result}/events`);
  events.onmessage = (event) => {
    const status = JSON.parse(event.data);
    if (['finished', 'stopped', 'failed'].includes(status.stage)) events.close();
    tell(status);
  };
  events.onerror = () => { if (events.readyState === EventSource.CLOSED) tell(null); };
  return () => events.close();
}
