//! `SHOW`, `DESCRIBE` and `REGISTRY LIST`: the catalogue as rows.
//!
//! The columns and their order are StackQL's. What they show is read from the action table.

use super::{Code, Session, known, method_of, resource, template};
use crate::{
    Failure,
    catalog::{Method, PROVIDER, Resource, catalog, described, listed, spelled},
    given::REGION,
    language::{Filter, Path, Show, Shown, Text, path_of, quoted_name},
    sink::Thing,
    value::datatype,
};

/// What is shown: columns, and rows under them.
pub(super) struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Option<String>>>,
}

impl Table {
    pub(super) fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.rows.push(cells.iter().map(|cell| Some((*cell).to_owned())).collect());
    }

    /// Leaves out the last column where it is not asked for.
    fn extended(mut self, extended: bool) -> Self {
        if !extended {
            self.columns.pop();
            self.rows.iter_mut().for_each(|row| drop(row.pop()));
        }
        self
    }

    /// A query that gives the rows.
    pub(super) fn query(self) -> Text {
        let names: Vec<String> = self.columns.iter().map(|name| quoted_name(name)).collect();
        let row = |row: &Vec<Option<String>>| {
            let cells: Vec<String> = row.iter().map(|cell| literal(cell.as_deref())).collect();
            format!("({})", cells.join(","))
        };
        let mut rows: Vec<String> = self.rows.iter().map(row).collect();
        let none = rows.is_empty();
        if none {
            rows.push(format!("({})", vec!["NULL"; self.columns.len()].join(",")));
        }
        Text::ours(format!(
            "WITH shown({}) AS (VALUES {}) SELECT * FROM shown WHERE {}",
            names.join(","),
            rows.join(","),
            if none { "0" } else { "1" }
        ))
    }
}

impl Session {
    /// The query for `SHOW`.
    pub(super) fn show_query(&self, show: &Show<'_>) -> Result<Text, Failure> {
        let extended = show.extended;
        let table = match &show.what {
            Shown::Providers => providers(),
            Shown::Services(provider) => services(provider.as_deref())?.extended(extended),
            Shown::Resources(names) => self.resources(names)?.extended(extended),
            Shown::Methods(names) => self.methods(names)?.extended(extended),
            Shown::Insert { path, columns, required } => {
                let mut table = Table::new(&["insert"]);
                table.row([&template::insert(resource(path)?, path, columns, *required)?]);
                table
            }
            Shown::Version => version(extended),
            Shown::Isolation => {
                let mut table = Table::new(&["transaction_isolation"]);
                table.row(["read committed"]);
                table
            }
            Shown::Auth => {
                let message = "a session does not show its credentials: \
                               `SELECT * FROM aws.iam.caller_identity` tells whose they are";
                return Err(Failure::because(Code::Unsupported, message));
            }
        };
        let first = table.columns.iter().find(|name| name.ends_with("ame")).copied();
        let mut query = table.query();
        match &show.filter {
            None => {}
            Some(Filter::Like(pattern)) => {
                query.push(&format!(" AND {} LIKE (", quoted_name(first.unwrap_or("name"))));
                query.append(self.embedded(pattern)?);
                query.push(")");
            }
            Some(Filter::Where(condition)) => {
                query.push(" AND (");
                query.append(self.embedded(condition)?);
                query.push(")");
            }
        }
        Ok(query)
    }

    /// The methods of a resource, or what can be done with a view or table.
    fn methods(&self, names: &[String]) -> Result<Table, Failure> {
        if let [name] = names
            && self.look(false)?
            && let Some(thing) = self.thing(name)?
        {
            let verbs = if thing == Thing::Table { OWN } else { &["SELECT"] };
            let mut table = Table::new(METHODS);
            for verb in verbs {
                let kind = thing.to_string().to_lowercase();
                let (name, kind) = (kind.replace(' ', "_"), format!("A {kind} of your own."));
                table.row([&format!("__{name}__"), "", verb, &kind]);
            }
            return Ok(table);
        }
        Ok(methods(resource(&path_of(names.to_vec())?)?))
    }

    fn resources(&self, names: &[String]) -> Result<Table, Failure> {
        let [provider, service] = match names {
            [service] if self.provider.is_some() => [PROVIDER, service.as_str()],
            [provider, service] => [provider.as_str(), service.as_str()],
            _ => {
                let services = catalog().services().iter();
                let paths: Vec<_> = services.map(|name| format!("{PROVIDER}.{name}")).collect();
                let there = listed(paths.iter().map(String::as_str));
                let message = format!("name the service: `SHOW RESOURCES IN …` of {there}");
                return Err(Failure::of(message));
            }
        };
        let service = catalog().service(provider, service)?;
        let mut table = Table::new(&["name", "id", "description"]);
        for resource in catalog().resources() {
            let id = format!("{PROVIDER}.{service}.{}", resource.name);
            table.row([resource.name, &id, &line(resource.doc())]);
        }
        Ok(table)
    }

    /// The query for `DESCRIBE`: the fields of a resource, or of a view or table.
    pub(super) fn describe_query(&self, names: &[String], extended: bool) -> Result<Text, Failure> {
        let mut table = Table::new(&["name", "type", "description"]);
        if let [name] = names {
            let mut text = Text::ours("SELECT * FROM ");
            text.append(self.own_table(name)?);
            for heading in self.engine.columns(&text, String::new)? {
                table.row([&heading.name, heading.kind.name(), ""]);
            }
            return Ok(table.extended(extended).query());
        }
        let [provider, service, resource] = names else {
            let message = "`DESCRIBE` takes a resource, as in `provider.service.resource`";
            return Err(Failure::of(message));
        };
        let resource = catalog().find([provider, service, resource])?;
        let mut fields = resource.fields();
        let place = |name: &str| LEADING.iter().position(|known| *known == name);
        fields.sort_by_key(|field| (place(field.name).unwrap_or(LEADING.len()), field.name));
        for field in fields {
            table.row([field.name, datatype(&field.shape), &described(field)]);
        }
        Ok(table.extended(extended).query())
    }

    /// The query for `DESCRIBE METHOD`: what it takes, and what it gives.
    pub(super) fn method_query(path: &Path, method: &str, extended: bool) -> Result<Text, Failure> {
        let method = method_of(path, method)?;
        let mut table = Table::new(&["name", "type", "param_type", "shape", "description"]);
        let required: Vec<&str> = method.required().collect();
        let mut inputs: Vec<_> = method.parameters().iter().collect();
        inputs.sort_by_key(|member| (!required.contains(&member.name), member.name));
        let (needed, free) =
            inputs.split_at_checked(required.len()).unwrap_or((inputs.as_slice(), &[]));
        let sets = [(needed, "input_required"), (free, "input_optional")];
        for (members, kind) in sets {
            for member in members {
                let shape = template::shape(&member.shape);
                table.row([member.name, datatype(&member.shape), kind, &shape, &described(member)]);
            }
            if kind == "input_required" {
                table.row([
                    REGION,
                    "string",
                    kind,
                    "string",
                    "A region. IAM has none: any will do.",
                ]);
            }
        }
        let mut outputs: Vec<_> = method.columns().iter().collect();
        outputs.sort_by_key(|member| member.name);
        for member in outputs {
            let shape = template::shape(&member.shape);
            table.row([member.name, datatype(&member.shape), "output", &shape, &described(member)]);
        }
        Ok(table.extended(extended).query())
    }

    /// What there is, for the refusal of a column that is not.
    pub(super) fn known(&self, text: &Text) -> String {
        let columns = |name: &String| {
            let all = Text::ours(format!("SELECT * FROM {}", quoted_name(name)));
            let columns = self.engine.columns(&all, String::new).ok()?;
            let names = listed(columns.iter().map(|heading| heading.name.as_str()));
            Some(format!("`{name}` has {names}"))
        };
        let mut told = known(&text.resources);
        told.extend(text.own.iter().filter_map(columns));
        if told.is_empty() { "the statement names no resource".to_owned() } else { told.join("; ") }
    }
}

fn providers() -> Table {
    let mut table = Table::new(&["name", "version"]);
    table.row([PROVIDER, VERSION]);
    table
}

/// `REGISTRY LIST`.
pub(super) fn registry() -> Table {
    let mut table = Table::new(&["provider", "version"]);
    table.row([PROVIDER, VERSION]);
    table
}

fn services(provider: Option<&str>) -> Result<Table, Failure> {
    let mut table = Table::new(&["id", "name", "title", "description"]);
    for service in catalog().services() {
        catalog().service(provider.unwrap_or(PROVIDER), service)?;
        let title = "AWS Identity and Access Management";
        table.row([service, service, title, "Users, their access keys and their MFA devices."]);
    }
    Ok(table)
}

/// The methods of a resource, in StackQL's order of verbs.
fn methods(resource: &Resource) -> Table {
    let mut table = Table::new(METHODS);
    let mut methods: Vec<&Method> = resource.own_methods();
    let place = |method: &Method| ORDER.iter().position(|verb| *verb == spelled(method.verb));
    methods.sort_by_key(|method| (place(method), method.name));
    for method in methods {
        let mut required: Vec<&str> = method.required().collect();
        required.push(REGION);
        required.sort_unstable();
        let required = required.join(", ");
        table.row([method.name, &required, spelled(method.verb), &line(method.action.doc)]);
    }
    table
}

fn version(extended: bool) -> Table {
    let mut table = Table::new(&["version", "commit", "build_date", "platform"]);
    let platform = format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH);
    let told = |value: Option<&str>| value.map(str::to_owned);
    let built = [option_env!("VMFA_COMMIT"), option_env!("VMFA_BUILD_DATE")];
    let [commit, date] = built.map(told);
    table.rows.push(vec![told(Some(VERSION)), commit, date, Some(platform)]);
    if !extended {
        table.columns.truncate(1);
        table.rows.iter_mut().for_each(|row| row.truncate(1));
    }
    table
}

/// What is documented over several lines, in one.
fn line(doc: &str) -> String {
    doc.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text for SQLite.
fn literal(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), |text| format!("'{}'", text.replace('\'', "''")))
}

/// What is told of methods.
const METHODS: &[&str] = &["MethodName", "RequiredParams", "SQLVerb", "description"];

/// What can be done with a table of the user's own.
const OWN: &[&str] = &["SELECT", "INSERT", "DELETE", "UPDATE"];

/// The fields that stand before all others.
const LEADING: &[&str] = &["id", "name", "description"];

/// The verbs in the order in which methods are shown.
const ORDER: &[&str] = &["SELECT", "INSERT", "DELETE", "UPDATE", "REPLACE", "EXEC"];

/// The version of the only provider, which is built in.
const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));
