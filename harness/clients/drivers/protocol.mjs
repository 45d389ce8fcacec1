// The protocol of a driver: one line of JSON in, one line of JSON out, until the input ends.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const say = process.stdout.write.bind(process.stdout);
console.log = console.info = console.debug = console.error; // keeps a library's prints out of the protocol

// A client's name with its version, read from the folder where node runs, and the Node.js version.
export const called = (name, folder) => {
  const { version } = JSON.parse(readFileSync(`node_modules/${folder}/package.json`, "utf8"));
  return `${name} ${version} on Node.js ${process.versions.node}`;
};

// Read each value as a user does; if reading one throws, or gives undefined, that is recorded in its place.
export const read = (values) => {
  const found = {};
  for (const [name, value] of Object.entries(values)) {
    try {
      found[name] = told(value());
    } catch (error) {
      found[name] = { $raised: `${error?.constructor?.name}: ${error?.message}` };
    }
  }
  return found;
};

const told = (value) => (value === undefined ? { $raised: "undefined" } : value);

// An exception's class and its base classes. Some packages shorten class names and put the full one in `name`.
const classes = (error) => {
  const found = error?.name && error.name !== "Error" ? [error.name] : [];
  for (let at = Object.getPrototypeOf(error ?? {}); at && at !== Object.prototype; at = Object.getPrototypeOf(at)) found.push(at.constructor.name);
  return found.length ? found : [typeof error];
};

// Run jobs one after the other. `valuesOf` returns the values that a user can read from an exception.
export const serve = async (client, ways, valuesOf) => {
  for await (const line of createInterface({ input: process.stdin })) {
    const job = JSON.parse(line);
    const outcome = { client };
    try {
      outcome.values = await ways[job.does](job, job.send ?? {});
    } catch (error) {
      [outcome.raised, ...outcome.kinds] = classes(error);
      outcome.message = String(error?.message ?? error);
      outcome.values = valuesOf(error);
    }
    say(written(outcome) + "\n");
  }
};

// An outcome as JSON. A value that cannot be written, such as one of ten thousand levels, is our limit and not the client's fault.
const written = (outcome) => {
  try {
    return JSON.stringify(outcome);
  } catch (error) {
    return JSON.stringify({ client: outcome.client, unwritable: String(error) });
  }
};
