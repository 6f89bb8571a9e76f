/// What the desk needs from the rest of Assay. The program that owns the store implements it.
public protocol DeskServices: Sendable {
    /// Does what an effect asks for and answers with events. Called from tasks, several at a time; writes that were
    /// answered by `saved` are durable on this device. Failures are events, too: nothing is thrown.
    func perform(_ effect: DeskEffect) async -> [DeskEvent]

    /// What happens by itself: syncs, changed records, the link. The first event should be the status as it is.
    /// Read once, by one task, until the program ends.
    func events() -> AsyncStream<DeskEvent>
}
