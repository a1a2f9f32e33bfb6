// What Microsoft's language service says of a query: diagnostics, tables read, and the typed columns of its result.
// Needs bridge.min.js and Kusto.Language.Bridge.min.js of @kusto/language-service-next 12.4.1 evaluated before.
(function (root) {
  "use strict";
  const bridge = root.Bridge, language = root.Kusto.Language, symbols = language.Symbols, syntax = language.Syntax;
  const list = (items) => (items ? bridge.toArray(items) : []);
  const TYPES = { bool: "Bool", int: "Int", long: "Long", real: "Real", decimal: "Decimal", string: "String",
    datetime: "DateTime", timespan: "TimeSpan", guid: "Guid", dynamic: "Dynamic" };
  const scalar = (name) => {
    if (!TYPES[name]) throw new Error("unknown Kusto type " + name);
    return symbols.ScalarTypes[TYPES[name]];
  };
  // Known to the language, refused by Azure Monitor Logs.
  // https://learn.microsoft.com/azure/azure-monitor/logs/log-query-overview#language-differences
  const REFUSED = new Set(["cluster", "database", "cursor_after", "cursor_before_or_at", "cursor_current",
    "current_cursor", "current_principal", "extent_id", "extent_tags"]);

  function globals(tables) {
    const members = Object.entries(tables).map(([name, columns]) => {
      const shape = Object.entries(columns).map(([column, type]) => { scalar(type); return `['${column}']:${type}`; });
      return symbols.TableSymbol.From("(" + shape.join(", ") + ")").WithName(name);
    });
    const database = new symbols.DatabaseSymbol.ctor("workspace", members);
    return language.GlobalState.Default.WithCluster(new symbols.ClusterSymbol.ctor("logs", [database])).WithDatabase(database);
  }

  root.analyze = function (tables, text, parameters) {
    let state = globals(tables);
    const declared = Object.entries(parameters);
    if (declared.length)
      state = state.AddParameters(declared.map(([name, type]) => new symbols.ParameterSymbol.ctor(name, scalar(type), null)));
    const code = language.KustoCode.ParseAndAnalyze(text, state);
    const problems = list(code.GetDiagnostics()).map((d) =>
      `${d.Code} line ${text.slice(0, d.Start).split("\n").length}: ${d.Message}`);
    const used = new Set(), read = new Set();
    syntax.SyntaxElement.WalkNodes(code.Syntax, (node) => {
      if (bridge.is(node, syntax.QueryParametersStatement)) problems.push("declare query_parameters is refused by Azure Monitor Logs");
      if (bridge.is(node, syntax.FunctionCallExpression) && REFUSED.has(node.Name.SimpleName))
        problems.push(node.Name.SimpleName + "() is refused by Azure Monitor Logs");
      if (!bridge.is(node, syntax.NameReference)) return;
      const symbol = node.ReferencedSymbol;
      if (bridge.is(symbol, symbols.ParameterSymbol)) used.add(symbol.Name);
      if (bridge.is(symbol, symbols.TableSymbol) && symbol.Name && tables[symbol.Name]) read.add(symbol.Name);
    });
    for (const [name] of declared) if (!used.has(name)) problems.push("parameter " + name + " is declared and not used");
    const result = code.ResultType;
    return { problems, tables: [...read].sort(),
      columns: result && result.Columns ? list(result.Columns).map((c) => [c.Name, c.Type.Name]) : [] };
  };

  // Every literal of a text with its decoded value: what the service reads where a parameter was bound.
  root.bound = function (text) {
    const code = language.KustoCode.Parse(text), found = [];
    syntax.SyntaxElement.WalkNodes(code.Syntax, (node) => {
      if (bridge.is(node, syntax.LetStatement)) {
        const value = node.Expression.LiteralValue;
        found.push([node.Name.SimpleName, typeof value === "string" ? value : null]);
      }
    });
    return { lets: found, problems: list(code.GetDiagnostics()).map((d) => d.Message) };
  };

  root.call = (name, ...parts) => JSON.stringify(root[name](...parts.map((part) => JSON.parse(part))));
})(globalThis);
