//! A radix tree that finds which of many texts another text begins with.

use std::ops::Range;

use memchr::memchr;

/// A radix tree. The cost of a search does not depend on the number of texts.
///
/// It is searched from every position where a token may begin. An Aho-Corasick automaton, which finds all texts in one
/// pass, takes as long to search and ten times as long to build, which happens at every start.
#[derive(Clone, Debug)]
pub(super) struct Prefixes {
    /// The first is the root.
    nodes: Vec<Node>,
    /// The child of the root for each byte, or 0 if no text begins with it.
    first: [u32; 256],
    /// The labels of all nodes, one after the other.
    labels: Vec<u8>,
    /// The first byte of each node's label. Siblings are adjacent, so that one `memchr` finds a child.
    first_bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Node {
    /// The bytes that lead here from the parent, as a range of `labels`.
    label: Range<u32>,
    /// The indexes of the texts that end here.
    ends: Range<u32>,
    /// The child nodes, each with a different first byte.
    children: Range<u32>,
}

impl Prefixes {
    /// Returns the tree of `texts`, which must be sorted and contain no empty text. A text is identified by its index.
    pub(super) fn new<T: AsRef<[u8]>>(texts: &[T]) -> Prefixes {
        let text = |at: usize| texts[at].as_ref();
        let (mut nodes, mut labels, mut first) = (Vec::new(), Vec::new(), [0; 256]);
        // The texts below each node, and the offset in them at which its label starts.
        let mut subtrees = vec![(0..texts.len(), 0)];
        while let Some((within, start)) = subtrees.get(nodes.len()).cloned() {
            let is_root = nodes.is_empty();
            let end = if is_root {
                0
            } else {
                common_prefix_len(text(within.start), text(within.end - 1))
            };
            let label = labels.len();
            if !is_root {
                labels.extend_from_slice(&text(within.start)[start..end]);
            }
            let longer = within.clone().find(|at| text(*at).len() > end).unwrap_or(within.end);
            let children = subtrees.len();
            let mut from = longer;
            for group in
                texts[longer..within.end].chunk_by(|a, b| a.as_ref()[end] == b.as_ref()[end])
            {
                if is_root {
                    first[usize::from(text(from)[end])] = subtrees.len() as u32;
                }
                subtrees.push((from..from + group.len(), end));
                from += group.len();
            }
            nodes.push(Node {
                label: label as u32..labels.len() as u32,
                ends: within.start as u32..longer as u32,
                children: children as u32..subtrees.len() as u32,
            });
        }
        let byte = |node: &Node| labels.get(node.label.start as usize).copied().unwrap_or_default();
        let first_bytes = nodes.iter().map(byte).collect();
        Prefixes { nodes, first, labels, first_bytes }
    }

    /// Returns whether any text begins with `byte`.
    #[inline]
    pub(super) fn may_begin_with(&self, byte: u8) -> bool {
        self.first[usize::from(byte)] != 0
    }

    /// Calls `found` with the index and length of each text that `text` begins with, shorter ones first.
    #[inline]
    pub(super) fn for_each_prefix(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        let (mut node, mut end) =
            (text.first().map_or(0, |byte| self.first[usize::from(*byte)]), 0);
        while node != 0 {
            let Node { label, ends, children } = &self.nodes[node as usize];
            let label = &self.labels[label.start as usize..label.end as usize];
            if !text[end..].starts_with(label) {
                return;
            }
            end += label.len();
            ends.clone().for_each(|index| found(index as usize, end));
            let Some(byte) = text.get(end) else { return };
            let first_bytes = &self.first_bytes[children.start as usize..children.end as usize];
            node = memchr(*byte, first_bytes).map_or(0, |at| children.start + at as u32);
        }
    }
}

/// Returns the length of the common prefix of two texts, in bytes.
fn common_prefix_len(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_texts_that_a_text_begins_with_are_found(
            mut texts in vec("[ab/\u{e9}]{1,5}", 0..20),
            text in "[ab/\u{e9}]{0,8}",
        ) {
            texts.sort();
            let tree = Prefixes::new(&texts);
            let is_prefix = |index: &usize| text.starts_with(&texts[*index]);
            let expected: Vec<_> =
                (0..texts.len()).filter(is_prefix).map(|index| (index, texts[index].len())).collect();
            let mut found = Vec::new();
            tree.for_each_prefix(text.as_bytes(), |index, len| found.push((index, len)));
            prop_assert_eq!(found, expected);
        }
    }
}
