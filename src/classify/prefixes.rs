//! Finds which of many texts another text begins with.

use std::iter::successors;
use std::ops::Range;

/// Texts as a tree of what they have in common: what a search costs does not depend on how many there are.
///
/// It is walked from every place where a token may begin. An automaton that finds texts anywhere, in one pass, is no
/// faster, since few places are such, and takes ten times as long to build, which is done at every start.
#[derive(Clone, Debug)]
pub(super) struct Prefixes {
    /// The first is the root.
    nodes: Vec<Node>,
    /// The node behind the root for each byte; 0 where no text begins with it.
    first: [u32; 256],
    /// What leads to the nodes.
    labels: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Node {
    /// What leads here from the node before.
    label: Range<u32>,
    /// The texts that end here.
    ends: Range<u32>,
    /// The nodes behind it, each with another first byte.
    next: Range<u32>,
}

impl Prefixes {
    /// The tree of texts that stand in order, in lower case, none of them empty. Each is known by its place.
    pub(super) fn new<T: AsRef<[u8]>>(texts: &[T]) -> Prefixes {
        let text = |at: usize| texts[at].as_ref();
        let (mut nodes, mut labels, mut first) = (Vec::new(), Vec::new(), [0; 256]);
        // Which texts are below each node, and where what leads to it begins in them.
        let mut below = vec![(0..texts.len(), 0)];
        while let Some((within, start)) = below.get(nodes.len()).cloned() {
            let is_root = nodes.is_empty();
            let end = if is_root { 0 } else { shared(text(within.start), text(within.end - 1)) };
            let label = labels.len();
            if !is_root {
                labels.extend_from_slice(&text(within.start)[start..end]);
            }
            let longer = within.clone().find(|at| text(*at).len() > end).unwrap_or(within.end);
            let next = below.len();
            let mut from = longer;
            for group in
                texts[longer..within.end].chunk_by(|a, b| a.as_ref()[end] == b.as_ref()[end])
            {
                if is_root {
                    first[usize::from(text(from)[end])] = below.len() as u32;
                }
                below.push((from..from + group.len(), end));
                from += group.len();
            }
            nodes.push(Node {
                label: label as u32..labels.len() as u32,
                ends: within.start as u32..longer as u32,
                next: next as u32..below.len() as u32,
            });
        }
        Prefixes { nodes, first, labels }
    }

    /// The places of the texts that a text begins with, in any case, each with its length; shorter ones come first.
    #[inline]
    pub(super) fn of<'i>(&'i self, text: &'i [u8]) -> impl Iterator<Item = (usize, usize)> + 'i {
        let first = text.first().map(|byte| self.first[usize::from(byte.to_ascii_lowercase())]);
        let first = first.filter(|node| *node != 0).and_then(|node| self.reach(node, text, 0));
        let nodes = successors(first, |(node, end)| {
            let byte = text.get(*end)?.to_ascii_lowercase();
            let begins_so =
                |node: &u32| self.labels[self.nodes[*node as usize].label.start as usize] == byte;
            let next = self.nodes[*node as usize].next.clone().find(begins_so)?;
            self.reach(next, text, *end)
        });
        nodes.flat_map(|(node, end)| {
            let Range { start, end: last } = self.nodes[node as usize].ends;
            (start..last).map(move |place| (place as usize, end))
        })
    }

    /// The node and where its label ends in a text, if it stands there.
    #[inline]
    fn reach(&self, node: u32, text: &[u8], at: usize) -> Option<(u32, usize)> {
        let Range { start, end } = self.nodes[node as usize].label;
        let label = &self.labels[start as usize..end as usize];
        let there = text.get(at..at + label.len())?;
        there.eq_ignore_ascii_case(label).then_some((node, at + label.len()))
    }
}

/// How many bytes two texts have in common at their start.
fn shared(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_a_text_begins_with_is_found(
            mut texts in vec("[ab/\u{e9}]{1,5}", 0..20),
            text in "[abAB/\u{e9}]{0,8}",
        ) {
            texts.sort();
            let tree = Prefixes::new(&texts);
            let lower = text.to_ascii_lowercase();
            let begins = |place: &usize| lower.starts_with(&texts[*place]);
            let expected: Vec<_> =
                (0..texts.len()).filter(begins).map(|place| (place, texts[place].len())).collect();
            prop_assert_eq!(tree.of(text.as_bytes()).collect::<Vec<_>>(), expected);
        }
    }
}
