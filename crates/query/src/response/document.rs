//! XML as a tree of elements with their text.
//!
//! Not here: attributes, namespaces and entities of one's own, of which the API has none.

use quick_xml::{Reader, escape::resolve_xml_entity, events::Event};
use zeroize::Zeroizing;

/// An element. It has no `Debug`, since text may be a seed.
#[derive(Default)]
pub(super) struct Element {
    /// Its name, without a prefix.
    pub(super) name: String,
    /// The text that stands directly in it.
    pub(super) text: Zeroizing<String>,
    /// The elements that stand directly in it.
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The root of a document, if it is well-formed and not deeper than any answer is.
    pub(super) fn parse(document: &str) -> Option<Self> {
        let mut reader = Reader::from_str(document);
        // What holds the root, and below it what is open.
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) if open.len() < DEEPEST => {
                    open.push(Self::named(start.local_name().as_ref()));
                }
                Event::Start(_) => return None,
                Event::Empty(start) => {
                    open.last_mut()?.children.push(Self::named(start.local_name().as_ref()));
                }
                Event::End(_) => {
                    let element = open.pop()?;
                    open.last_mut()?.children.push(element);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let text = &mut open.last_mut()?.text;
                    match reference.resolve_char_ref().ok()? {
                        Some(character) => text.push(character),
                        None => text.push_str(resolve_xml_entity(&reference)?),
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

    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

/// Answers are about ten deep; what is deeper could exhaust the stack when it is dropped.
const DEEPEST: usize = 64;
