/**
 * Runs tasks one after the other, in the order given. A task that fails does not keep the next from running.
 */
export function createSerial(): <Value>(task: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task, task);
    last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  };
}
