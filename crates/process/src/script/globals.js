// What a script finds. Evaluates to a function that is called once with what the host gives.
(write, exit, given) => {
  const { arguments: args, environment, stdin } = JSON.parse(given);
  const shown = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return value.stack ? `${value}\n${value.stack}` : String(value);
    if (typeof value === 'object' && value !== null) {
      try { return JSON.stringify(value) ?? String(value); } catch { return String(value); }
    }
    return String(value);
  };
  const line = (output) => (...values) => write(output, values.map(shown).join(' ') + '\n');
  const [out, err] = [line(1), line(2)];
  const stream = (output) => ({ fd: output, write: (text) => { write(output, String(text)); return true; } });
  globalThis.console = { log: out, info: out, debug: out, warn: err, error: err, trace: err };
  globalThis.process = {
    argv: ['tenure', 'script.js', ...args],
    env: Object.fromEntries(environment),
    exit: (code = 0) => exit(Number(code) | 0),
    stdin: { fd: 0, read: () => stdin },
    stdout: stream(1),
    stderr: stream(2),
  };
};
