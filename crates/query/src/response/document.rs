//! XML as a tree of elements, whose text is borrowed from the document where possible: a page may
//! have tens of thousands of them.
//!
//! Attributes, namespaces and custom entities are ignored or refused: the API has none.

use std::{borrow::Cow, ops::Deref};

use quick_xml::{
    Reader,
    escape::resolve_xml_entity,
    events::{BytesStart, Event},
};
use zeroize::Zeroizing;

/// There is no `Debug`, since the text may be a seed.
#[derive(Default)]
pub(super) struct Element<'d> {
    /// Without a namespace prefix.
    pub(super) name: Cow<'d, str>,
    /// Without white space between child elements.
    pub(super) text: ElementText<'d>,
    pub(super) children: Vec<Element<'d>>,
}

pub(super) enum ElementText<'d> {
    Borrowed(&'d str),
    /// Text with references, or in several parts.
    Owned(Zeroizing<String>),
}

impl<'d> Element<'d> {
    /// The root element of a document that is well-formed and not nested deeper than
    /// [`MAX_DEPTH`].
    pub(super) fn parse(document: &'d str) -> Option<Self> {
        let mut reader = Reader::from_str(document);
        // The open elements, below a pseudo-element that holds the root.
        let mut open = vec![Self::default()];
        loop {
            let at = usize::try_from(reader.buffer_position()).ok()?;
            let rest = document.get(at..).unwrap_or_default();
            match reader.read_event().ok()? {
                Event::Start(start) if open.len() < MAX_DEPTH => {
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
                Event::Text(text) => open.last_mut()?.append(text.xml10_content()),
                Event::CData(text) => open.last_mut()?.append(text.xml10_content()),
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

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children(name).next()
    }

    pub(super) fn children(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element of a start tag; `rest` is the document from that tag on.
    fn named(start: &BytesStart<'_>, rest: &'d str) -> Self {
        let (whole, local) = (start.name(), start.local_name());
        let (whole, local): (&str, &str) = (whole.as_ref(), local.as_ref());
        let here = rest.strip_prefix('<').filter(|rest| rest.starts_with(whole));
        let begin = whole.len().saturating_sub(local.len());
        let here = here.and_then(|rest| rest.get(begin..whole.len()));
        let name = here.map_or_else(|| Cow::Owned(local.to_owned()), Cow::Borrowed);
        Self { name, ..Self::default() }
    }

    fn append(&mut self, more: Cow<'d, str>) {
        match (&self.text, more) {
            // White space between elements is indentation.
            (_, more) if !self.children.is_empty() && more.trim().is_empty() => {}
            (ElementText::Borrowed(""), Cow::Borrowed(part)) => {
                self.text = ElementText::Borrowed(part);
            }
            (_, more) => self.text.push(&more),
        }
    }
}

impl ElementText<'_> {
    fn push(&mut self, more: &str) {
        if let Self::Borrowed(part) = self {
            *self = Self::Owned(Zeroizing::new((*part).to_owned()));
        }
        if let Self::Owned(copy) = self {
            copy.push_str(more);
        }
    }
}

impl Default for ElementText<'_> {
    fn default() -> Self {
        Self::Borrowed("")
    }
}

impl Deref for ElementText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(part) => part,
            Self::Owned(copy) => copy,
        }
    }
}

/// Responses have about ten levels; dropping a very deep tree could exhaust the stack.
const MAX_DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_text_are_borrowed_from_the_document() {
        let text = "<n:a x='1'>\n  <b>one</b>\n  <c/> <n:d>x &amp; y<!-- - --></n:d>\n</n:a>\n";
        let root = Element::parse(text).unwrap();
        let shown: Vec<_> = root.children.iter().map(|e| (&*e.name, &*e.text)).collect();
        assert_eq!(shown, [("b", "one"), ("c", ""), ("d", "x & y")]);
        assert_eq!(&*root.name, "a");
        for element in [&root, &root.children[0], &root.children[1], &root.children[2]] {
            assert!(matches!(element.name, Cow::Borrowed(_)), "{}", element.name);
        }
        assert!(matches!(root.text, ElementText::Borrowed("\n  ")));
        assert!(matches!(root.children[0].text, ElementText::Borrowed("one")));
    }
}
