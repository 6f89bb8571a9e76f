import ByteCoding

/// What the vectors of Protocol are made of: at least one valid and one invalid for every rule of its text.
enum VectorSamples {
    struct Valid {
        let name: String
        let bytes: [UInt8]

        init(_ name: String, _ bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    struct Invalid {
        let name: String
        let code: DecodingFailure.Code
        let bytes: [UInt8]

        init(_ name: String, _ code: DecodingFailure.Code, _ bytes: [UInt8]) {
            self.name = name
            self.code = code
            self.bytes = bytes
        }
    }
}
