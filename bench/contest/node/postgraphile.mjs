// PostGraphile 5 (Grafast) over the tables of the schema `contest`, on node:http.
import "./production.mjs";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { addPgTableOrderBy, orderByAscDesc } from "postgraphile/utils";
import { listenWithHttp } from "./listen.mjs";

const SCHEMA = "contest";

/** Orders by a column that may be null, unknown values last, as `NAME_ASC` and `NAME_DESC`. */
function nullsLast(tableName, column, name) {
  const orders = () => orderByAscDesc(name, column, { nulls: "last" });
  return addPgTableOrderBy({ schemaName: SCHEMA, tableName }, orders);
}

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [
    nullsLast("protocols", "tvl_usd", "TVL_USD_NULLS_LAST"),
    nullsLast("wallets", "score", "SCORE_NULLS_LAST"),
  ],
  pgServices: [makePgService({ connectionString: process.env.DATABASE_URL, schemas: [SCHEMA] })],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
});
await listenWithHttp(undefined, (server) => instance.createServ(grafserv).addTo(server));
