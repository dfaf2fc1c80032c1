const STORAGE_KEY = 'onchain-gateway:explain';

/** Whether requests ask the gateway for the plan of their answer; remembered in the browser. */
export class ExplainSwitch {
  #on: boolean;
  readonly #storage: Storage;
  readonly #listeners = new Set<() => void>();

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#on = storage.getItem(STORAGE_KEY) === 'on';
  }

  // Bound, because React calls both without their object.
  readonly isOn = (): boolean => this.#on;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(on: boolean): void {
    this.#on = on;
    this.#storage.setItem(STORAGE_KEY, on ? 'on' : 'off');
    for (const listener of this.#listeners) listener();
  }
}
