// How a driver is asked and answers: a line of JSON in, a line of JSON out, until the input ends.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const say = process.stdout.write.bind(process.stdout);
console.log = console.info = console.debug = console.error; // a library that prints does not disturb us

// The version of a package in the folder that node was started in.
export const called = (name, folder) => {
  const { version } = JSON.parse(readFileSync(`node_modules/${folder}/package.json`, "utf8"));
  return `${name} ${version} on Node.js ${process.versions.node}`;
};

// Values as a user reads them, each by itself; where reading one throws, that is what it is, and so is what is undefined.
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

// An exception's class and those it is derived from. Some packages have short names for classes, and the long one in `name`.
const classes = (error) => {
  const found = error?.name && error.name !== "Error" ? [error.name] : [];
  for (let at = Object.getPrototypeOf(error ?? {}); at && at !== Object.prototype; at = Object.getPrototypeOf(at)) found.push(at.constructor.name);
  return found.length ? found : [typeof error];
};

// Do one job after the other. `valuesOf` tells what a user reads in an exception.
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
    say(JSON.stringify(outcome) + "\n");
  }
};
