//! XML as a tree of elements with their text, most of it borrowed from the document: lists have tens
//! of thousands of elements.
//!
//! Not here: attributes, namespaces and entities of one's own, of which the API has none.

use std::{borrow::Cow, ops::Deref};

use quick_xml::{
    Reader,
    escape::resolve_xml_entity,
    events::{BytesStart, Event},
};
use zeroize::Zeroizing;

/// An element. It has no `Debug`, since text may be a seed.
#[derive(Default)]
pub(super) struct Element<'d> {
    /// Its name, without a prefix.
    pub(super) name: Cow<'d, str>,
    /// The text that stands directly in it. Of blanks, those before the first element.
    pub(super) text: Text<'d>,
    /// The elements that stand directly in it.
    pub(super) children: Vec<Element<'d>>,
}

/// The text of an element: a part of the document, or a copy where it is no single part.
pub(super) enum Text<'d> {
    Part(&'d str),
    Copy(Zeroizing<String>),
}

impl<'d> Element<'d> {
    /// The root of a document, if it is well-formed and not deeper than any answer is.
    pub(super) fn parse(document: &'d str) -> Option<Self> {
        let mut reader = Reader::from_str(document);
        // What holds the root, and below it what is open.
        let mut open = vec![Self::default()];
        loop {
            let at = usize::try_from(reader.buffer_position()).ok()?;
            let rest = document.get(at..).unwrap_or_default();
            match reader.read_event().ok()? {
                Event::Start(start) if open.len() < DEEPEST => {
                    open.push(Self::named(&start, rest));
                }
                Event::Start(_) => return None,
                Event::Empty(start) => {
                    open.last_mut()?.children.push(Self::named(&start, rest));
                }
                Event::End(_) => {
                    let element = open.pop()?;
                    open.last_mut()?.children.push(element);
                }
                Event::Text(text) => open.last_mut()?.say(text.xml10_content()),
                Event::CData(text) => open.last_mut()?.say(text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let element = open.last_mut()?;
                    match reference.resolve_char_ref().ok()? {
                        Some(character) => element.text.push(character.encode_utf8(&mut [0; 4])),
                        None => element.text.push(resolve_xml_entity(&reference)?),
                    }
                }
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        let mut outside = open.pop()?;
        let whole = open.is_empty()
            && outside.children.len() == 1
            && outside.text.trim_start_matches('\u{feff}').trim().is_empty();
        whole.then(|| outside.children.pop()).flatten()
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children(name).next()
    }

    /// The children of that name.
    pub(super) fn children(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element that begins with a tag, of which `rest` is what the document goes on with.
    fn named(start: &BytesStart<'_>, rest: &'d str) -> Self {
        let (whole, local) = (start.name(), start.local_name());
        let (whole, local): (&str, &str) = (whole.as_ref(), local.as_ref());
        let here = rest.strip_prefix('<').filter(|rest| rest.starts_with(whole));
        let begin = whole.len().saturating_sub(local.len());
        let here = here.and_then(|rest| rest.get(begin..whole.len()));
        let name = here.map_or_else(|| Cow::Owned(local.to_owned()), Cow::Borrowed);
        Self { name, ..Self::default() }
    }

    fn say(&mut self, more: Cow<'d, str>) {
        match (&self.text, more) {
            // Only the layout of a document says something between elements.
            (_, more) if !self.children.is_empty() && more.trim().is_empty() => {}
            (Text::Part(""), Cow::Borrowed(part)) => self.text = Text::Part(part),
            (_, more) => self.text.push(&more),
        }
    }
}

impl Text<'_> {
    fn push(&mut self, more: &str) {
        if let Self::Part(part) = self {
            *self = Self::Copy(Zeroizing::new((*part).to_owned()));
        }
        if let Self::Copy(copy) = self {
            copy.push_str(more);
        }
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self::Part("")
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Part(part) => part,
            Self::Copy(copy) => copy,
        }
    }
}

/// Answers are about ten deep; what is deeper could exhaust the stack when it is dropped.
const DEEPEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_document_is_not_copied() {
        let text = "<n:a x='1'>\n  <b>one</b>\n  <c/> <n:d>x &amp; y<!-- - --></n:d>\n</n:a>\n";
        let root = Element::parse(text).unwrap();
        let shown: Vec<_> = root.children.iter().map(|e| (&*e.name, &*e.text)).collect();
        assert_eq!(shown, [("b", "one"), ("c", ""), ("d", "x & y")]);
        assert_eq!(&*root.name, "a");
        for element in [&root, &root.children[0], &root.children[1], &root.children[2]] {
            assert!(matches!(element.name, Cow::Borrowed(_)), "{}", element.name);
        }
        assert!(matches!(root.text, Text::Part("\n  ")));
        assert!(matches!(root.children[0].text, Text::Part("one")));
    }
}
