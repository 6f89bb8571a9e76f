import ReplicaStore

extension IdentityNote {
    /// What happened to this store, that nothing is lost, and what to do: one line.
    var inWords: String {
        let counted = changeSets == 1 ? "1 change set" : "\(changeSets) change sets"
        switch reason {
        case .moved:
            return "this store was copied or moved, and goes on under a new name; nothing is lost, nothing to do."
        case .restored:
            return
                "this store was made from a backup, and goes on under a new name; sync, and what it lacks comes back."
        case .regressed:
            return "an older state of this store was put back; its later work came back from the hub; nothing to do."
        case .reissued:
            return "another device had worked under this one's name; both devices' work is kept, and this one's "
                + "\(counted) of that time go by a new name; nothing to do."
        case .unresolved:
            return "another device has worked under this one's name, and where \(counted) of it parted is not known at "
                + "the hub; all of it is kept here and goes up when that hub has heard of it; nothing to do."
        case .hubRegressed:
            return "an older state of this hub was put back; those below send again what it lacks; nothing to do."
        }
    }
}
