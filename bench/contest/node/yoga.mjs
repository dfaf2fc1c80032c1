// GraphQL Yoga on node:http with the JIT plugin and DataLoader.
import "./production.mjs";
import { useGraphQlJit } from "@envelop/graphql-jit";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { createYoga } from "graphql-yoga";
import { listenWithHttp } from "./listen.mjs";
import { makeContext } from "./loaders.mjs";
import { resolvers } from "./resolvers.mjs";
import { typeDefs } from "./schema.mjs";

const yoga = createYoga({
  schema: makeExecutableSchema({ typeDefs, resolvers }),
  context: makeContext,
  plugins: [useGraphQlJit()],
  parserAndValidationCache: true,
  cors: false,
  multipart: false,
  logging: false,
  graphiql: false,
  landingPage: false,
});
await listenWithHttp(yoga);
