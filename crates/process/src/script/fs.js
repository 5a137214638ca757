// Standard input and outputs under the names that other runtimes give them. There are no files.
const noFiles = (file) => new Error(`there are no files: '${file}' is not standard input or output`);

export const readFileSync = (file) => {
  if (file === 0 || file === '/dev/stdin') return globalThis.process.stdin.read();
  throw noFiles(file);
};

export const writeFileSync = (file, text) => {
  if (file === 1 || file === '/dev/stdout') globalThis.process.stdout.write(text);
  else if (file === 2 || file === '/dev/stderr') globalThis.process.stderr.write(text);
  else throw noFiles(file);
};

export const writeSync = writeFileSync;
export default { readFileSync, writeFileSync, writeSync };
