// Imported first by every contestant: libraries choose their mode while they are loaded.
process.env.NODE_ENV = "production";
process.env.GRAPHILE_ENV = "production";
