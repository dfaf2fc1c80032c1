// The schema that every contestant but PostGraphile serves.
import { GraphQLScalarType } from "graphql";

export const typeDefs = /* GraphQL */ `
  scalar BigInt
  scalar Date
  scalar DateTime
  scalar Decimal

  type Protocol {
    id: ID!
    slug: String!
    name: String!
    category: String!
    websiteUrl: String
    auditCount: Int
    isActive: Boolean!
    tvlUsd: Decimal
    volume24hUsd: Decimal
    listedOn: Date
    updatedAt: DateTime!
  }

  type Token {
    id: ID!
    symbol: String!
    name: String!
    decimals: Int
  }

  type Wallet {
    id: ID!
    address: String!
    label: String
    score: Float
    txCount: Int
    firstSeenAt: DateTime
    transactions(first: Int = 20): WalletTransactionConnection!
  }

  type WalletTransaction {
    id: ID!
    txHash: String!
    kind: String!
    occurredAt: DateTime!
    blockNumber: BigInt
    amountIn: Decimal
    amountOut: Decimal
    amountUsd: Decimal
    gasUsed: Int
    protocol: Protocol
    tokenIn: Token
    tokenOut: Token
  }

  type ProtocolConnection {
    nodes: [Protocol!]!
  }

  type WalletConnection {
    nodes: [Wallet!]!
  }

  type WalletTransactionConnection {
    nodes: [WalletTransaction!]!
  }

  type Query {
    protocol(slug: String): Protocol
    protocols(first: Int = 20): ProtocolConnection
    wallet(address: String): Wallet
    wallets(first: Int = 20): WalletConnection
  }
`;

/** The driver gives these values as the text to show. */
const scalar = (name) => new GraphQLScalarType({ name, serialize: (text) => text });

export const scalars = {
  BigInt: scalar("BigInt"),
  Date: scalar("Date"),
  DateTime: scalar("DateTime"),
  Decimal: scalar("Decimal"),
};
