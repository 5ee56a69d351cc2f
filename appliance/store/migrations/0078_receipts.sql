-- The receipt of a fax is looked for on the fax's page, among all mails that ever went out.
CREATE INDEX outgoing_mails_receipts ON outgoing_mails (fax, id) WHERE purpose = 'receipt';
