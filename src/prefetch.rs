//! Asks a processor for memory before it is needed: the one place where `unsafe` is used.

/// Has the memory of `place` brought into the nearest cache, while other work goes on. Changes nothing else.
#[inline(always)]
#[allow(unsafe_code)]
pub(crate) fn prefetch<T>(place: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: It is a hint, which reads nothing that a program could tell and never fails, whatever the address; and
        // this one is a reference's. All x86-64 processors have it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(place).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}
