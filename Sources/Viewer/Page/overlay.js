// What is laid over a result: one number a place, of whatever sign and in however many channels it comes.

/** The largest magnitude of a place's channels, and which of them has the last color. */
export function magnitudes({ header, samples }) {
  const values = new Float32Array(header.width * header.height);
  for (let place = 0; place < values.length; place++) {
    for (let channel = 0; channel < header.channels; channel++) {
      values[place] = Math.max(values[place], Math.abs(samples[place * header.channels + channel]));
    }
  }
  return { header: { ...header, channels: 1, samples: 'float32' }, samples: values, scale: strongest(values) };
}

/** What one place in two hundred goes beyond: a single edge is not to leave all else dark. */
function strongest(values) {
  const step = Math.ceil(values.length / 65536);
  const some = values.filter((_, place) => place % step === 0).sort();
  return some[Math.floor(some.length * 0.995)] || some[some.length - 1] || 1;
}
