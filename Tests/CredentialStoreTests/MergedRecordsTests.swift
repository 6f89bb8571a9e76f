import Credentialing
import Foundation
import HybridTime
import Merging
import ReplicaStore
import Testing

@testable import CredentialStore

@Suite("What rules look up during a merge")
struct MergedRecordsTests {
    @Test("However many records are looked up, few are kept, and each look-up gives the same again")
    func bound() throws {
        let path = NSTemporaryDirectory() + "assay-merged-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let identity = Identity(
            replica: ReplicaID(0xD1), organisation: [UInt8](repeating: 1, count: 16), name: "office")
        let store = try CredentialStore.create(in: path, identity: identity, isHub: true)
        let dates = (10..<29).map { "1990-01-\($0)" }
        for number in 0..<57 {
            var form = RegisterPerson(candidateNumber: "C\(number)", given: "Given", family: "Family \(number)")
            form.dateOfBirth = dates[number % dates.count]
            try store.perform(form, actor: ActorIdentity("hq", station: "office"), now: 1_700_000_000_000)
        }
        try store.reading { records, _ in
            let merged = MergedRecords(records, [], lookedUpMax: 12)
            for _ in 1...2 {
                for date in dates {
                    let born = try merged.records(Person.kind, where: Person.dateOfBirth, equals: .text(date))
                    #expect(born.count == 3)
                    for person in born {
                        #expect(try merged.records(in: person.document, Person.kind).map(\.name) == [person.name])
                        #expect(merged.kept <= 12)
                    }
                }
            }
            #expect(merged.kept > 0)
        }
        try store.replica.close()
    }
}
