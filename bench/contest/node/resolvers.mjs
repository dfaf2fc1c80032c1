// Resolvers over the DataLoaders of the request; all other fields are properties of the row.
import { protocolsBySlug, topProtocols, topWallets, walletsByAddress } from "./database.mjs";
import { scalars } from "./schema.mjs";

const one = (loader, id) => (id === null ? null : loader.load(id));

export const Query = {
  protocol: async (_, { slug }) => (await protocolsBySlug(slug))[0] ?? null,
  protocols: async (_, { first }) => ({ nodes: await topProtocols(first) }),
  wallet: async (_, { address }) => (await walletsByAddress(address))[0] ?? null,
  wallets: async (_, { first }) => ({ nodes: await topWallets(first) }),
};

export const resolvers = {
  ...scalars,
  Query,
  Wallet: {
    transactions: async (wallet, { first }, context) => ({
      nodes: await context.transactions(first).load(wallet.id),
    }),
  },
  WalletTransaction: {
    protocol: (row, _, context) => one(context.protocols, row.protocolId),
    tokenIn: (row, _, context) => one(context.tokens, row.tokenInId),
    tokenOut: (row, _, context) => one(context.tokens, row.tokenOutId),
  },
};
