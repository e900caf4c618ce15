//! What SQL can name: the resources of the action table, their methods, and the columns and
//! parameters of these.
//!
//! Nothing here is written down twice: all of it is read from the table.

use std::sync::LazyLock;

use vmfa_iam::{Action, PagedReply, Reply, SqlVerb, WrappedReply, actions};
use vmfa_model::{Member, Shape, shape};

use crate::{
    Failure,
    failure::State,
    spelling::{means, meant},
    value::holds_secret,
};

/// The catalogue of the whole action table.
pub(crate) fn catalog() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::read);
    &CATALOG
}

/// All resources.
pub(crate) struct Catalog {
    services: Vec<&'static str>,
    resources: Vec<Resource>,
}

/// A resource: what stands after `FROM`.
pub(crate) struct Resource {
    pub(crate) name: &'static str,
    /// The full name, which SQLite knows it by.
    pub(crate) path: String,
    pub(crate) methods: Vec<Method>,
}

/// A way to use a resource: an action under one of its names.
#[derive(Clone, Copy)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) verb: SqlVerb,
    pub(crate) action: &'static Action,
    demanded: &'static [&'static str],
}

impl Catalog {
    fn read() -> Self {
        let mut catalog = Self { services: Vec::new(), resources: Vec::new() };
        for action in actions() {
            for sql in action.sql {
                if !catalog.services.contains(&sql.service) {
                    catalog.services.push(sql.service);
                }
                let names = [(sql.resource, sql.method)];
                for &(resource, name) in names.iter().chain(sql.also) {
                    let method = Method { name, verb: sql.verb, action, demanded: sql.required };
                    catalog.add(sql.service, resource, method);
                }
            }
        }
        catalog.services.sort_unstable();
        catalog.resources.sort_unstable_by_key(|resource| resource.name);
        catalog
    }

    fn add(&mut self, service: &str, resource: &'static str, method: Method) {
        match self.resources.iter_mut().find(|known| known.name == resource) {
            Some(known) => known.methods.push(method),
            None => self.resources.push(Resource {
                name: resource,
                path: format!("{PROVIDER}.{service}.{resource}"),
                methods: vec![method],
            }),
        }
    }

    /// The services, in order of their names.
    pub(crate) fn services(&self) -> &[&'static str] {
        &self.services
    }

    /// The resources, in order of their names.
    pub(crate) fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Whether there is a service of that name.
    pub(crate) fn is_service(&self, name: &str) -> bool {
        self.services.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Whether there is a resource of that name.
    pub(crate) fn is_resource(&self, name: &str) -> bool {
        self.resources.iter().any(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// Whether a method has a parameter of that name, in any spelling.
    pub(crate) fn is_parameter(&self, name: &str) -> bool {
        let methods = self.resources.iter().flat_map(|resource| &resource.methods);
        let mut members = methods.flat_map(Method::parameters);
        members.any(|member| means(name, member.name))
    }

    /// Whether a column or parameter of that name, in any spelling, holds truth values.
    pub(crate) fn is_truth(&self, name: &str) -> bool {
        let methods = self.resources.iter().flat_map(|resource| &resource.methods);
        let mut members =
            methods.flat_map(|method| method.parameters().iter().chain(method.columns()));
        members.any(|member| matches!(member.shape, Shape::Boolean) && means(name, member.name))
    }

    /// Fails where there is no provider of that name.
    pub(crate) fn provider(&self, name: &str) -> Result<(), Failure> {
        if name.eq_ignore_ascii_case(PROVIDER) && !self.resources.is_empty() {
            return Ok(());
        }
        let message = format!("there is no provider `{name}`: there is `{PROVIDER}`");
        Err(Failure::because(State::UndefinedTable, message))
    }

    /// The service of that name.
    pub(crate) fn service(&self, provider: &str, service: &str) -> Result<&'static str, Failure> {
        self.provider(provider)?;
        let found = self.services.iter().find(|known| known.eq_ignore_ascii_case(service));
        found.copied().ok_or_else(|| {
            let known = meant(service, self.services.iter().copied(), "there are");
            let message = format!("there is no service `{PROVIDER}.{service}`: {known}");
            Failure::because(State::UndefinedTable, message)
        })
    }

    /// The resource that the three names name. Every service shows every resource, since the
    /// generations of StackQL's provider disagree on where they belong.
    pub(crate) fn find(&self, path: [&str; 3]) -> Result<&Resource, Failure> {
        let [provider, service, resource] = path;
        self.service(provider, service)?;
        let found = self.resources.iter().find(|known| known.name.eq_ignore_ascii_case(resource));
        found.ok_or_else(|| {
            let names = self.resources.iter().map(|resource| resource.name);
            let known = meant(resource, names, "there are");
            let message =
                format!("there is no resource `{resource}` in `{PROVIDER}.{service}`: {known}");
            Failure::because(State::UndefinedTable, message)
        })
    }
}

impl Resource {
    /// What it is, in the words of its first way of use.
    pub(crate) fn doc(&self) -> &'static str {
        let select = self.methods.iter().find(|method| method.verb == SqlVerb::Select);
        select.or(self.methods.first()).map_or("", |method| method.action.doc)
    }

    /// Its methods, each by the name that it is shown by: of an action's names, the first.
    pub(crate) fn own_methods(&self) -> Vec<&Method> {
        let mut own: Vec<&Method> = Vec::new();
        for method in &self.methods {
            let same = |known: &&Method| {
                std::ptr::eq(known.action, method.action) && known.verb == method.verb
            };
            if !own.iter().any(same) {
                own.push(method);
            }
        }
        own
    }

    /// Its fields: the columns of lists and of what is made, or else of what its methods answer.
    pub(crate) fn fields(&self) -> Vec<&'static Member> {
        let verbs = |method: &&Method| matches!(method.verb, SqlVerb::Select | SqlVerb::Insert);
        let mut fields: Vec<&'static Member> = Vec::new();
        let shown: Vec<&Method> = self.methods.iter().filter(verbs).collect();
        let methods = if shown.is_empty() { self.methods.iter().collect() } else { shown };
        for member in methods.into_iter().flat_map(Method::columns) {
            if !fields.iter().any(|known| known.name == member.name) {
                fields.push(member);
            }
        }
        fields
    }

    /// Whether that column holds something secret.
    pub(crate) fn is_secret(&self, column: &str) -> bool {
        let mut members = self.methods.iter().flat_map(Method::columns);
        members.any(|member| means(column, member.name) && holds_secret(&member.shape))
    }

    /// The methods that a statement of that verb may use. The refusal says what there is, of the
    /// resource by the name that it goes by.
    pub(crate) fn methods(&self, verb: SqlVerb) -> Result<Vec<Method>, Failure> {
        let mut methods: Vec<Method> = Vec::new();
        for method in self.methods.iter().filter(|method| method.verb == verb) {
            if !methods.iter().any(|known| std::ptr::eq(known.action, method.action)) {
                methods.push(*method);
            }
        }
        if methods.is_empty() {
            return Err(self.nothing_for(spelled(verb), &self.path));
        }
        Ok(methods)
    }

    /// The refusal of a verb that no method of the resource, which the statement names so, is for.
    pub(crate) fn nothing_for(&self, verb: &str, path: &str) -> Failure {
        let known = self.methods.iter();
        let known = known.map(|method| format!("`{}` by {}", method.name, spelled(method.verb)));
        let known = known.collect::<Vec<_>>().join(", ");
        let message = format!("`{path}` has nothing for {verb}: it has {known}");
        Failure::because(State::Unsupported, message)
    }

    /// The column that its rows depend on, where there is one that need not be given: without it
    /// the rows are the caller's own.
    pub(crate) fn hinge(&self) -> Option<&'static str> {
        let methods = self.methods.iter().filter(|method| method.verb == SqlVerb::Select);
        let mut optional = methods.flat_map(|method| {
            let free =
                |member: &&'static Member| !method.required().any(|name| name == member.name);
            method.parameters().iter().filter(free).map(move |member| (method, member.name))
        });
        optional.find_map(|(method, name)| {
            method.columns().iter().any(|column| column.name == name).then_some(name)
        })
    }

    /// Whether it has other rows, or none, where it is not told that member.
    pub(crate) fn depends_on(&self, member: &str) -> bool {
        let mut methods = self.methods.iter().filter(|method| method.verb == SqlVerb::Select);
        let demanded = methods.all(|method| method.required().any(|name| name == member));
        demanded || self.hinge().is_some_and(|hinge| hinge == member)
    }

    /// The method of that name, for `EXEC`, which reaches every method.
    pub(crate) fn method(&self, name: &str) -> Option<Method> {
        self.methods.iter().find(|method| method.name.eq_ignore_ascii_case(name)).copied()
    }
}

impl Method {
    /// The members of the input.
    pub(crate) fn parameters(&self) -> &'static [Member] {
        self.action.input.members
    }

    /// Whether the method has that parameter.
    pub(crate) fn takes(&self, member: &str) -> bool {
        self.action.input.member(member).is_some()
    }

    /// The parameters without which it cannot be used.
    pub(crate) fn required(&self) -> impl Iterator<Item = &'static str> + '_ {
        let demanded = |member: &&Member| member.required || self.demanded.contains(&member.name);
        self.parameters().iter().filter(demanded).map(|member| member.name)
    }

    /// Those of them that are not supplied.
    pub(crate) fn missing(&self, supplied: &[&str]) -> Vec<&'static str> {
        self.required().filter(|name| !supplied.contains(name)).collect()
    }

    /// The columns of its answer: a list's elements, or the one thing that the output wraps, or
    /// the output. A page of several lists is one row, with a column for each list.
    pub(crate) fn columns(&self) -> &'static [Member] {
        let Some(output) = self.action.output() else { return &[] };
        let within = |name| output.member(name).map(|member| &member.shape);
        let shape = match self.action.reply {
            Reply::Page(PagedReply { lists: [list], .. }) => match within(list) {
                Some(Shape::List(list)) => Some(&list.element),
                other => other,
            },
            Reply::One(WrappedReply { member, .. }) => within(member.as_str()),
            Reply::Nothing | Reply::Whole(_) | Reply::Page(_) => return output.members,
        };
        match shape {
            Some(Shape::Structure(shape)) => shape.members,
            _ => SCALAR,
        }
    }
}

/// The method to use where these parameters are supplied: of those whose required ones are all
/// among them, the one that requires most. `Err` has what the nearest one lacks.
pub(crate) fn choose(methods: &[Method], supplied: &[&str]) -> Result<Method, Vec<&'static str>> {
    let mut best: Option<(Method, usize)> = None;
    let mut lacking: Option<Vec<&'static str>> = None;
    for method in methods {
        let missing = method.missing(supplied);
        let weight = method.required().count();
        if missing.is_empty() {
            if best.is_none_or(|(_, most)| weight > most) {
                best = Some((*method, weight));
            }
        } else if lacking.as_ref().is_none_or(|least| missing.len() < least.len()) {
            lacking = Some(missing);
        }
    }
    best.map(|(method, _)| method).ok_or_else(|| lacking.unwrap_or_default())
}

/// What a member means, in one line, with the form that bytes have in a column.
pub(crate) fn described(member: &Member) -> String {
    let mut words: Vec<&str> = member.doc.split_ascii_whitespace().collect();
    if matches!(member.shape, Shape::Blob) {
        words.push("In Base64.");
    }
    words.join(" ")
}

/// A verb as it is written.
pub(crate) fn spelled(verb: SqlVerb) -> &'static str {
    match verb {
        SqlVerb::Select => "SELECT",
        SqlVerb::Insert => "INSERT",
        SqlVerb::Delete => "DELETE",
        SqlVerb::Update => "UPDATE",
        SqlVerb::Exec => "EXEC",
    }
}

/// Names in a message.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The column of a list whose elements are plain text, as StackQL calls it.
pub(crate) const SCALAR_COLUMN: &str = "member";

static SCALAR: &[Member] = &[Member {
    name: SCALAR_COLUMN,
    doc: "The element.",
    shape: Shape::Text(&shape::ANY_TEXT),
    required: true,
    cli: shape::CliHints::NONE,
}];

/// The only provider.
pub(crate) const PROVIDER: &str = "aws";
