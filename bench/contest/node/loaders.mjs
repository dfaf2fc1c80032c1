// What a request loads once: DataLoaders that live as long as one request.
import DataLoader from "dataloader";
import { protocolsById, tokensById, transactionsByWallet } from "./database.mjs";

/** Rows in the order of the keys, null where there is none. */
export function inOrderOf(ids, rows) {
  const found = new Map();
  for (const row of rows) found.set(row.id, row);
  return ids.map((id) => found.get(id) ?? null);
}

/** The transactions of each wallet, in the order of the wallets. */
export function grouped(walletIds, rows) {
  const lists = new Map();
  for (const id of walletIds) lists.set(id, []);
  for (const row of rows) lists.get(row.walletId).push(row);
  return walletIds.map((id) => lists.get(id));
}

/** The context of one request. */
export function makeContext() {
  const transactionLoaders = new Map();
  return {
    protocols: new DataLoader(async (ids) => inOrderOf(ids, await protocolsById(ids))),
    tokens: new DataLoader(async (ids) => inOrderOf(ids, await tokensById(ids))),
    /** The loader of the first so many transactions by wallet. */
    transactions(first) {
      let loader = transactionLoaders.get(first);
      if (!loader) {
        const load = async (ids) => grouped(ids, await transactionsByWallet(ids, first));
        transactionLoaders.set(first, (loader = new DataLoader(load)));
      }
      return loader;
    },
  };
}
