/// The schema as it is on disks and on the wire. Lines are only ever added: a replica of an older build has the others.
let frozenListing = """
    """
