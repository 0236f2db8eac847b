// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardSegments

extension Visit {
    var contacts: Contacts { facades.contacts }

    var segments: Segments { facades.segments }
}
