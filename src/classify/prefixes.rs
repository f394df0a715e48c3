//! Finds which of many texts another text begins with.

use std::ops::Range;

use memchr::memchr;

/// Texts as a tree of what they have in common: what a search costs does not depend on how many there are.
///
/// It is walked from every place where a token may begin. An automaton that finds texts anywhere, in one pass, takes as
/// long to search, and ten times as long to build, which is done at every start.
#[derive(Clone, Debug)]
pub(super) struct Prefixes {
    /// The first is the root.
    nodes: Vec<Node>,
    /// The node behind the root for each byte; 0 where no text begins with it.
    first: [u32; 256],
    /// What leads to the nodes.
    labels: Vec<u8>,
    /// The first byte of what leads to each node: siblings stand together, so that one of them is found at once.
    bytes: Vec<u8>,
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
    /// The tree of texts that stand in order, none of them empty. Each is known by its place.
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
        let byte = |node: &Node| labels.get(node.label.start as usize).copied().unwrap_or_default();
        let bytes = nodes.iter().map(byte).collect();
        Prefixes { nodes, first, labels, bytes }
    }

    /// Whether any text begins with a byte.
    #[inline]
    pub(super) fn may_begin_with(&self, byte: u8) -> bool {
        self.first[usize::from(byte)] != 0
    }

    /// Tells the place and the length of each text that a text begins with; shorter ones first.
    #[inline]
    pub(super) fn each(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        let (mut node, mut end) =
            (text.first().map_or(0, |byte| self.first[usize::from(*byte)]), 0);
        while node != 0 {
            let Node { label, ends, next } = &self.nodes[node as usize];
            let label = &self.labels[label.start as usize..label.end as usize];
            if !text[end..].starts_with(label) {
                return;
            }
            end += label.len();
            ends.clone().for_each(|place| found(place as usize, end));
            let Some(byte) = text.get(end) else { return };
            let bytes = &self.bytes[next.start as usize..next.end as usize];
            node = memchr(*byte, bytes).map_or(0, |at| next.start + at as u32);
        }
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
            text in "[ab/\u{e9}]{0,8}",
        ) {
            texts.sort();
            let tree = Prefixes::new(&texts);
            let begins = |place: &usize| text.starts_with(&texts[*place]);
            let expected: Vec<_> =
                (0..texts.len()).filter(begins).map(|place| (place, texts[place].len())).collect();
            let mut found = Vec::new();
            tree.each(text.as_bytes(), |place, len| found.push((place, len)));
            prop_assert_eq!(found, expected);
        }
    }
}
