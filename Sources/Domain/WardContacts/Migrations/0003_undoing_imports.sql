-- The send gate asks before each message whether an import of the person is being undone.
CREATE INDEX contact_import_undoing ON contact_import (organization, id) WHERE state = 'undoing';
