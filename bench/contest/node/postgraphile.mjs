// PostGraphile 5 (Grafast) over the tables of the schema `contest`, on node:http.
import "./production.mjs";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { listenWithHttp } from "./listen.mjs";

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({ connectionString: process.env.DATABASE_URL, schemas: ["contest"] }),
  ],
  schema: { pgOrderByNullsLast: true },
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
});
await listenWithHttp(undefined, (server) => instance.createServ(grafserv).addTo(server));
