/** Swc only strips and lowers the modules to CommonJS for Jest; `npm run types` is what checks types. */
module.exports = {
  testMatch: ["<rootDir>/tests/**/*.test.ts", "<rootDir>/app/tests/**/*.test.ts"],
  transform: {
    "^.+\\.[mc]?[jt]s$": ["@swc/jest", {
      jsc: { parser: { syntax: "typescript" }, target: "es2024" },
      module: { type: "commonjs" },
    }],
  },
  // Published as ES modules only, so Jest has to lower them too.
  transformIgnorePatterns: ["/node_modules/(?!(aws4fetch)/)"],
  moduleFileExtensions: ["ts", "js", "mjs", "cjs", "json", "node"],
  extensionsToTreatAsEsm: [],
  testTimeout: 20_000,
};
