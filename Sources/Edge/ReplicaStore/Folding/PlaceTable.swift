/// Where documents and records stand in a fold's lists, by identifier: an open table of 64-bit keys.
///
/// The multiplier is drawn at random for each table, so that nobody who chooses names can choose collisions
/// (Dietzfelbinger et al., "A Reliable Randomized Algorithm for the Closest-Pair Problem", 1997: multiply-shift hashing).
struct PlaceTable {
    /// A slot is free unless its round is the present one: to empty the table is to begin a new round.
    private struct Slot {
        var key: Int64 = 0
        var place: Int32 = 0
        var round: UInt32 = 0
    }

    private var slots = [Slot](repeating: Slot(), count: 16)
    private var shift: UInt64 = 60
    private var round: UInt32 = 1
    private var count = 0
    private let multiplier = UInt64.random(in: .min ... .max) | 1

    /// Where a key is, or where it would go.
    private func slot(of key: Int64) -> Int {
        var index = Int((UInt64(bitPattern: key) &* multiplier) >> shift)
        while slots[index].round == round, slots[index].key != key { index = (index + 1) & (slots.count - 1) }
        return index
    }

    subscript(id: LocalID) -> Int? {
        get {
            let slot = slots[slot(of: id.raw)]
            return slot.round == round && slot.place >= 0 ? Int(slot.place) : nil
        }
        set {
            let index = slot(of: id.raw)
            if slots[index].round != round {
                guard newValue != nil else { return }
                count += 1
            }
            // A key that was taken out keeps its slot, or those behind it would be lost.
            slots[index] = Slot(key: id.raw, place: newValue.map(Int32.init) ?? -1, round: round)
            if count * 2 > slots.count { grow() }
        }
    }

    private mutating func grow() {
        let old = slots.filter { $0.round == round }
        slots = [Slot](repeating: Slot(), count: slots.count * 2)
        shift -= 1
        for entry in old { slots[slot(of: entry.key)] = entry }
    }

    mutating func removeAll() {
        count = 0
        round &+= 1
        // Rounds have come round: what was written in old ones must not look new.
        if round == 0 {
            slots = [Slot](repeating: Slot(), count: slots.count)
            round = 1
        }
    }
}
